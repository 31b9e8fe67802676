/* SPDX-License-Identifier: MIT */
/* I/O ports of guests: rights, and the ports behind which another register is chosen first. */
#include "core/io.h"

#include "core/domain.h"
#include "port/machine.h"

#define PORT_CLOCK_INDEX    0x70u
#define PORT_CLOCK_DATA     0x71u
#define CLOCK_INDEX_MASK    0x7fu
#define PORT_SYSTEM_CONTROL 0x61u
#define PORT_PCI_ADDRESS    0xcf8u
#define PORT_PCI_DATA       0xcfcu
#define PCI_ENABLE          0x80000000u
#define PCI_ADDRESS_MASK    0x80fffffcu

/* One access chooses a register and moves data: two port accesses that must not be divided. */
static struct spinlock pci_lock = SPINLOCK(LOCK_IO);
static struct spinlock clock_lock = SPINLOCK(LOCK_IO);

uint32_t io_pci_read(uint32_t address, unsigned int offset, unsigned int bytes)
{
    struct lock_token token = lock_acquire(&pci_lock);
    uint32_t value;

    port_io_write(PORT_PCI_ADDRESS, 4, address);
    value = port_io_read((uint16_t)(PORT_PCI_DATA + offset), bytes);
    lock_release(token);
    return value;
}

void io_pci_write(uint32_t address, unsigned int offset, unsigned int bytes, uint32_t value)
{
    struct lock_token token = lock_acquire(&pci_lock);

    port_io_write(PORT_PCI_ADDRESS, 4, address);
    port_io_write((uint16_t)(PORT_PCI_DATA + offset), bytes, value);
    lock_release(token);
}

static bool has_ports(struct domain *d, uint32_t port, unsigned int bytes)
{
    struct lock_token token;
    bool has;

    if (!d->io_ports || rangeset_empty(d->io_ports)) {
        return false;
    }
    token = lock_acquire(&d->lock);
    has = rangeset_contains(d->io_ports, port, port + bytes - 1);
    lock_release(token);
    return has;
}

static bool is_indexed(uint32_t port, unsigned int bytes)
{
    uint32_t last = port + bytes - 1;

    return (port <= PORT_CLOCK_DATA && last >= PORT_CLOCK_INDEX) ||
           (port <= PORT_PCI_ADDRESS + 7 && last >= PORT_PCI_ADDRESS);
}

static bool is_pci_data(uint32_t port)
{
    return (port & ~3u) == PORT_PCI_DATA;
}

/* Configuration space belongs to the first domain. */
static bool pci_allowed(const struct domain *d)
{
    return d->privileged && d->io.pci_address & PCI_ENABLE;
}

/* How many bytes of an access one part can take: 1, 2 or 4, not past a word of configuration space. */
static unsigned int part_size(uint32_t port, unsigned int bytes)
{
    unsigned int size = 1;

    if (port == PORT_PCI_ADDRESS && bytes == 4) {
        return 4;
    }
    if (is_pci_data(port)) {
        size = MIN(bytes, 4 - (port & 3));
        size = size == 3 ? 2 : size;
    }
    return size;
}

static uint32_t clock_read(struct domain *d)
{
    struct lock_token token = lock_acquire(&clock_lock);
    uint32_t value;

    port_io_write(PORT_CLOCK_INDEX, 1, d->io.clock_index);
    value = port_io_read(PORT_CLOCK_DATA, 1);
    lock_release(token);
    return value;
}

static void clock_write(struct domain *d, uint32_t value)
{
    struct lock_token token = lock_acquire(&clock_lock);

    port_io_write(PORT_CLOCK_INDEX, 1, d->io.clock_index);
    port_io_write(PORT_CLOCK_DATA, 1, value);
    lock_release(token);
}

static uint32_t part_read(struct domain *d, uint32_t port, unsigned int size)
{
    if (port == PORT_PCI_ADDRESS && size == 4) {
        return d->io.pci_address;
    }
    if (is_pci_data(port)) {
        return pci_allowed(d) ? io_pci_read(d->io.pci_address & PCI_ADDRESS_MASK, port & 3, size) : ~0u;
    }
    if (port == PORT_CLOCK_DATA && has_ports(d, PORT_CLOCK_INDEX, 2)) {
        return clock_read(d);
    }
    if (port == PORT_CLOCK_INDEX && has_ports(d, PORT_CLOCK_INDEX, 2)) {
        return d->io.clock_index;
    }
    if (port == PORT_SYSTEM_CONTROL && d->privileged) {
        return port_io_read(PORT_SYSTEM_CONTROL, 1);
    }
    return has_ports(d, port, size) ? port_io_read((uint16_t)port, size) : ~0u;
}

static void part_write(struct domain *d, uint32_t port, unsigned int size, uint32_t value)
{
    if (port == PORT_PCI_ADDRESS && size == 4) {
        d->io.pci_address = value;
    } else if (is_pci_data(port)) {
        if (pci_allowed(d)) {
            io_pci_write(d->io.pci_address & PCI_ADDRESS_MASK, port & 3, size, value);
        }
    } else if (port == PORT_CLOCK_INDEX || port == PORT_CLOCK_DATA) {
        if (!has_ports(d, PORT_CLOCK_INDEX, 2)) {
            return;
        }
        if (port == PORT_CLOCK_INDEX) {
            d->io.clock_index = value & CLOCK_INDEX_MASK;
        } else {
            clock_write(d, value);
        }
    } else if (has_ports(d, port, size)) {
        port_io_write((uint16_t)port, size, value);
    }
}

static uint32_t bytes_mask(unsigned int bytes)
{
    return bytes >= 4 ? ~0u : (1u << (8 * bytes)) - 1;
}

uint32_t io_guest_read(struct domain *d, uint16_t port, unsigned int bytes)
{
    uint32_t value = 0, at = port;
    unsigned int shift = 0;

    if (!d->io_ports || rangeset_empty(d->io_ports)) {
        return port == PORT_PCI_ADDRESS && bytes == 4 ? d->io.pci_address : bytes_mask(bytes);
    }
    if (!is_indexed(port, bytes) && has_ports(d, port, bytes)) {
        return port_io_read(port, bytes) & bytes_mask(bytes);
    }
    while (bytes > 0) {
        unsigned int size = part_size(at, bytes);

        value |= (part_read(d, at, size) & bytes_mask(size)) << shift;
        shift += 8 * size;
        bytes -= size;
        at += size;
    }
    return value;
}

void io_guest_write(struct domain *d, uint16_t port, unsigned int bytes, uint32_t value)
{
    uint32_t at = port;

    if (!is_indexed(port, bytes) && has_ports(d, port, bytes)) {
        port_io_write(port, bytes, value & bytes_mask(bytes));
        return;
    }
    while (bytes > 0) {
        unsigned int size = part_size(at, bytes);

        part_write(d, at, size, value & bytes_mask(size));
        value = size == 4 ? 0 : value >> (8 * size);
        bytes -= size;
        at += size;
    }
}
