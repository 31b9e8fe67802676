/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts: capabilities, tables, messages. */
#include "core/msi.h"

#include "core/mmio_ro.h"
#include "port/map.h"
#include "pvabi/errno.h"

/* Of an MSI capability. */
#define CONTROL          2u
#define MSI_ENABLE       0x0001u
#define MSI_VECTORS_MASK 0x0070u /* how many messages are on, as a power of two */
#define MSI_64           0x0080u
#define MSI_MASKABLE     0x0100u
#define MSI_ADDRESS      4u
#define MSI_ADDRESS_HIGH 8u
#define MSI_DATA_32      8u
#define MSI_DATA_64      12u
#define MSI_MASK_32      12u
#define MSI_MASK_64      16u
/* Of an MSI-X capability and its table. */
#define MSIX_ENABLE      0x8000u
#define MSIX_SIZE_MASK   0x07ffu
#define MSIX_TABLE       4u
#define MSIX_BAR_MASK    7u
#define ENTRY_SIZE       16u
#define ENTRY_ADDRESS    0u
#define ENTRY_HIGH       4u
#define ENTRY_DATA       8u
#define ENTRY_CONTROL    12u
#define ENTRY_MASKED     1u

struct msi {
    bool used, msix, maskable, masked;
    struct pci_function function;
    uint16_t entry;
    unsigned int capability;  /* its register */
    uint64_t table, frames_first, frames_last; /* of MSI-X: the entry's machine address, the table's frames */
    struct port_irq_message message;
};

static struct msi msis[MSI_COUNT];

static struct msi *msi_of(unsigned int irq)
{
    return &msis[irq - MSI_FIRST];
}

bool msi_is_set_up(unsigned int irq)
{
    return irq >= MSI_FIRST && irq < MSI_END && msi_of(irq)->used;
}

/* Numbers are given from the highest down, as Xen does. */
static unsigned int free_number(void)
{
    unsigned int irq = MSI_END;

    while (irq > MSI_FIRST && msi_of(irq - 1)->used) {
        irq--;
    }
    return irq == MSI_FIRST ? MSI_END : irq - 1;
}

unsigned int msi_next(struct pci_function f, unsigned int from)
{
    unsigned int irq = MAX(from, MSI_FIRST);

    while (irq < MSI_END && !(msi_of(irq)->used && pci_same(msi_of(irq)->function, f))) {
        irq++;
    }
    return irq;
}

static bool is_taken(const struct msi_request *request)
{
    for (unsigned int irq = msi_next(request->function, 0); irq < MSI_END;
         irq = msi_next(request->function, irq + 1)) {
        if (msi_of(irq)->msix == request->msix && msi_of(irq)->entry == request->entry) {
            return true;
        }
    }
    return false;
}

/* Where a function's MSI-X table is. */
static int find_table(struct msi *m)
{
    uint32_t where = pci_read(m->function, m->capability + MSIX_TABLE, 4);
    uint32_t count = (pci_read(m->function, m->capability + CONTROL, 2) & MSIX_SIZE_MASK) + 1;
    uint64_t bar = pci_bar(m->function, where & MSIX_BAR_MASK), start;

    if (m->entry >= count) {
        return -XEN_EINVAL;
    }
    if (!(pci_read(m->function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) || bar == 0) {
        return -XEN_ENXIO;
    }
    start = bar + (where & ~MSIX_BAR_MASK);
    m->table = start + (uint64_t)m->entry * ENTRY_SIZE;
    m->frames_first = start >> PAGE_SHIFT;
    m->frames_last = (start + (uint64_t)count * ENTRY_SIZE - 1) >> PAGE_SHIFT;
    for (uint64_t frame = m->frames_first; frame <= m->frames_last; frame++) {
        if (port_frame_is_ram(mfn(frame))) {
            return -XEN_EINVAL;
        }
    }
    return 0;
}

/* Reads what the function offers; changes nothing. */
static int describe(const struct msi_request *request, struct msi *m)
{
    uint32_t control;

    *m = (struct msi){.used = true, .msix = request->msix, .function = request->function, .entry = request->entry};
    if (!pci_known(m->function)) {
        return -XEN_ENODEV;
    }
    m->capability = pci_find_capability(m->function, m->msix ? PCI_CAPABILITY_MSIX : PCI_CAPABILITY_MSI);
    if (m->capability == 0) {
        return -XEN_ENODEV;
    }
    if (m->msix) {
        m->maskable = true;
        return find_table(m);
    }
    control = pci_read(m->function, m->capability + CONTROL, 2);
    m->maskable = control & MSI_MASKABLE;
    return 0;
}

static void write_mask(const struct msi *m)
{
    uint32_t wide = pci_read(m->function, m->capability + CONTROL, 2) & MSI_64;

    if (m->msix) {
        port_device_write(m->table + ENTRY_CONTROL, m->masked ? ENTRY_MASKED : 0);
        /* Reading drives the write to the device. */
        (void)port_device_read(m->table + ENTRY_CONTROL);
    } else if (m->maskable) {
        pci_write(m->function, m->capability + (wide ? MSI_MASK_64 : MSI_MASK_32), 4, m->masked ? 1 : 0);
    }
}

static void write_msix(const struct msi *m)
{
    port_device_write(m->table + ENTRY_CONTROL, ENTRY_MASKED);
    port_device_write(m->table + ENTRY_ADDRESS, (uint32_t)m->message.address);
    port_device_write(m->table + ENTRY_HIGH, (uint32_t)(m->message.address >> 32));
    port_device_write(m->table + ENTRY_DATA, m->message.data);
}

/* A function sends one message only: its enable bit is the driver's and the hypervisor's alike. */
static void write_msi(const struct msi *m)
{
    uint32_t control = pci_read(m->function, m->capability + CONTROL, 2) & ~(MSI_VECTORS_MASK | MSI_ENABLE);

    pci_write(m->function, m->capability + CONTROL, 2, control);
    pci_write(m->function, m->capability + MSI_ADDRESS, 4, (uint32_t)m->message.address);
    if (control & MSI_64) {
        pci_write(m->function, m->capability + MSI_ADDRESS_HIGH, 4, (uint32_t)(m->message.address >> 32));
    }
    pci_write(m->function, m->capability + (control & MSI_64 ? MSI_DATA_64 : MSI_DATA_32), 2, m->message.data);
}

static void switch_on(const struct msi *m)
{
    uint32_t control = pci_read(m->function, m->capability + CONTROL, 2);

    pci_write(m->function, m->capability + CONTROL, 2, control | (m->msix ? MSIX_ENABLE : MSI_ENABLE));
}

static void write_message(const struct msi *m)
{
    if (m->msix) {
        write_msix(m);
    } else {
        write_msi(m);
    }
    write_mask(m);
    switch_on(m);
}

int msi_setup(const struct msi_request *request, unsigned int *irq)
{
    struct msi m;
    int error = describe(request, &m);

    *irq = free_number();
    if (error) {
        return error;
    }
    if (is_taken(request)) {
        return -XEN_EEXIST;
    }
    if (*irq == MSI_END) {
        return -XEN_ENOSPC;
    }
    error = port_irq_message(*irq, &m.message);
    if (error) {
        return error;
    }
    error = m.msix ? mmio_ro_add(m.frames_first, m.frames_last) : 0;
    if (error) {
        port_irq_message_end(*irq);
        return error;
    }
    m.masked = true;
    *msi_of(*irq) = m;
    write_message(&m);
    return 0;
}

void msi_release(unsigned int irq)
{
    struct msi *m = msi_of(irq);

    m->masked = true;
    /* A device whose memory was switched off, or that is gone, cannot be written to, and sends nothing. */
    if (!m->msix) {
        uint32_t control = pci_read(m->function, m->capability + CONTROL, 2);

        pci_write(m->function, m->capability + CONTROL, 2, control & ~MSI_ENABLE);
        write_mask(m);
    } else {
        if (pci_read(m->function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) {
            write_mask(m);
        }
        mmio_ro_remove(m->frames_first, m->frames_last);
    }
    m->used = false;
    port_irq_message_end(irq);
}

void msi_mask(unsigned int irq, bool masked)
{
    struct msi *m = msi_of(irq);

    if (m->maskable && m->masked != masked) {
        m->masked = masked;
        write_mask(m);
    }
}

/* Of MSI it is one register, written at once; an entry of MSI-X may change only while it is masked. */
void msi_target(unsigned int irq, unsigned int cpu)
{
    struct msi *m = msi_of(irq);

    m->message.address = port_irq_message_address(cpu);
    if (!m->msix) {
        pci_write(m->function, m->capability + MSI_ADDRESS, 4, (uint32_t)m->message.address);
    } else if (pci_read(m->function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) {
        write_msix(m);
        write_mask(m);
    }
}

void msi_restore(unsigned int irq)
{
    write_message(msi_of(irq));
}

/* The table's frames of a function that has MSI-X; m->capability is 0 for one that has not. */
static int describe_table(struct pci_function f, struct msi *m)
{
    *m = (struct msi){.msix = true, .function = f};
    if (!pci_known(f)) {
        return -XEN_ENODEV;
    }
    m->capability = pci_find_capability(f, PCI_CAPABILITY_MSIX);
    if (m->capability == 0) {
        return 0;
    }
    for (unsigned int irq = msi_next(f, 0); irq < MSI_END; irq = msi_next(f, irq + 1)) {
        if (msi_of(irq)->msix) {
            return -XEN_EBUSY;
        }
    }
    return find_table(m);
}

int msi_prepare_table(struct pci_function f)
{
    struct msi m;
    int error = describe_table(f, &m);

    return error || m.capability == 0 ? error : mmio_ro_add(m.frames_first, m.frames_last);
}

int msi_release_table(struct pci_function f)
{
    struct msi m;
    int error = describe_table(f, &m);

    if (error == 0 && m.capability != 0) {
        mmio_ro_remove(m.frames_first, m.frames_last);
    }
    return error;
}
