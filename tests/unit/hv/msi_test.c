/* SPDX-License-Identifier: MIT */
/* Tests of PCI functions and their messages: physdev_op, the message in the device, protection of MSI-X tables. */
#include <string.h>

#include "core/mmio_ro.h"
#include "core/msi.h"
#include "core/pirq.h"
#include "core/pte.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "pvabi/errno.h"
#include "pvabi/physdev.h"

#define PHYSDEV(command, argument) dbench_call(__HYPERVISOR_physdev_op, command, DBENCH_POINTER(argument), 0)

/* The function: MSI-X of four entries at 0x40 with its table behind the first page of BAR 0, MSI at 0x60. */
#define BUS     0
#define DEVFN   0x28
#define MSIX    0x40
#define MSI     0x60
#define TABLE   0x1000
#define HIGHEST (MSI_END - 1)

static uint32_t get(unsigned int at, unsigned int bytes)
{
    uint32_t value = 0;

    memcpy(&value, &fake_pci.config[at], bytes);
    return value;
}

static void set(unsigned int at, unsigned int bytes, uint32_t value)
{
    memcpy(&fake_pci.config[at], &value, bytes);
}

static uint32_t entry_word(unsigned int entry, unsigned int word)
{
    return fake_pci.registers[(TABLE + entry * 16) / 4 + word];
}

static void make_function(void)
{
    fake_pci.present = true;
    fake_pci.function = BUS << 8 | DEVFN;
    fake_pci.messages_most = MSI_COUNT;
    fake_pci.table = TABLE;
    fake_pci.table_entries = 4;
    set(0, 4, 0x10001b36);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    set(6, 2, 0x10);
    set(0x10, 4, (uint32_t)FAKE_PCI_REGISTERS);
    set(0x34, 1, MSIX);
    set(MSIX, 4, (3u << 16) | MSI << 8 | PCI_CAPABILITY_MSIX);
    set(MSIX + 4, 4, TABLE);
    set(MSI, 4, 0x0180u << 16 | PCI_CAPABILITY_MSI); /* 64 bits, maskable */
}

static int64_t add(void)
{
    struct physdev_pci_device_add op = {.bus = BUS, .devfn = DEVFN};

    return PHYSDEV(PHYSDEVOP_pci_device_add, &op);
}

static int64_t on_device(unsigned int command)
{
    struct physdev_pci_device op = {.bus = BUS, .devfn = DEVFN};

    return PHYSDEV(command, &op);
}

static struct physdev_map_pirq request(int entry)
{
    return (struct physdev_map_pirq){.domid = DOMID_SELF,
                                     .type = MAP_PIRQ_TYPE_MSI_SEG,
                                     .index = -1,
                                     .pirq = -1,
                                     .bus = BUS,
                                     .devfn = DEVFN,
                                     .entry_nr = entry < 0 ? 0 : entry,
                                     .table_base = entry < 0 ? 0 : FAKE_PCI_REGISTERS};
}

/* Maps an entry of MSI-X, or with -1 the MSI: the pirq or the error. */
static int64_t map(int entry)
{
    struct physdev_map_pirq op = request(entry);
    int64_t error = PHYSDEV(PHYSDEVOP_map_pirq, &op);

    return error ? error : op.pirq;
}

static int64_t unmap(int pirq)
{
    struct physdev_unmap_pirq op = {.domid = DOMID_SELF, .pirq = pirq};

    return PHYSDEV(PHYSDEVOP_unmap_pirq, &op);
}

START_TEST(a_message_of_msix)
{
    struct physdev_irq_status_query query = {.irq = HIGHEST};
    mfn_t table = mfn((FAKE_PCI_REGISTERS + TABLE) >> PAGE_SHIFT);
    evtchn_port_t port;

    make_function();
    ck_assert_int_eq(map(0), -XEN_ENODEV);
    ck_assert_int_eq(add(), 0);
    ck_assert_int_eq(map(2), HIGHEST);
    ck_assert_uint_eq(entry_word(2, 0), 0xfee00000);
    ck_assert_uint_eq(entry_word(2, 2), HIGHEST);
    ck_assert_uint_eq(entry_word(2, 3), 1);
    ck_assert_uint_eq(get(MSIX + 2, 2) & 0x8000, 0x8000);
    ck_assert(mmio_ro_contains(table));
    ck_assert_int_eq(map(2), -XEN_EEXIST);
    ck_assert_int_eq(map(4), -XEN_EINVAL);
    ck_assert_int_eq(map(0), HIGHEST - 1);
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, HIGHEST, false, &port), 0);
    ck_assert_uint_eq(entry_word(2, 3), 0);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_irq_status_query, &query), 0);
    ck_assert_uint_eq(query.flags, 0);
    pirq_interrupt(HIGHEST);
    ck_assert(dbench_pending(dbench_first, port));
    ck_assert_uint_eq(entry_word(2, 3), 0); /* an edge */
    pirq_target(dbench_first, HIGHEST, 3);
    ck_assert_uint_eq(entry_word(2, 0), 0xfee03000);
    ck_assert_uint_eq(entry_word(2, 2), HIGHEST);
    ck_assert_uint_eq(entry_word(2, 3), 0); /* and goes on */
    ck_assert_int_eq(evtchn_bind_vcpu(dbench_first, port, 0), 0);
    ck_assert_uint_eq(entry_word(2, 0), 0xfee00000 | dbench_first->vcpus[0]->sched.cpu << 12);
    set(PCI_COMMAND, 2, 0); /* its memory is off: told when it is restored */
    pirq_target(dbench_first, HIGHEST, 2);
    ck_assert_uint_eq(entry_word(2, 0), 0xfee00000 | dbench_first->vcpus[0]->sched.cpu << 12);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ck_assert_int_eq(on_device(PHYSDEVOP_restore_msi_ext), 0);
    ck_assert_uint_eq(entry_word(2, 0), 0xfee02000);
    ck_assert_int_eq(evtchn_close(dbench_first, port), 0);
    ck_assert_uint_eq(entry_word(2, 3), 1);
    ck_assert_int_eq(unmap(HIGHEST), 0);
    ck_assert_int_eq(unmap(HIGHEST), -XEN_EINVAL);
    ck_assert(mmio_ro_contains(table));
    ck_assert_int_eq(unmap(HIGHEST - 1), 0);
    ck_assert(!mmio_ro_contains(table));
    ck_assert_uint_eq(fake_pci.message_count, 0);
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, HIGHEST, false, &port), -XEN_EINVAL);
}
END_TEST

START_TEST(a_message_of_msi)
{
    evtchn_port_t port;

    make_function();
    ck_assert_int_eq(add(), 0);
    set(MSI + 2, 2, 0x0180 | 0x20); /* four messages, which become one */
    ck_assert_int_eq(map(-1), HIGHEST);
    ck_assert_uint_eq(get(MSI + 2, 2), 0x0181);
    ck_assert_uint_eq(get(MSI + 4, 4), 0xfee00000);
    ck_assert_uint_eq(get(MSI + 12, 2), HIGHEST);
    ck_assert_uint_eq(get(MSI + 16, 4), 1);
    ck_assert_int_eq(map(-1), -XEN_EEXIST);
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, HIGHEST, false, &port), 0);
    ck_assert_uint_eq(get(MSI + 16, 4), 0);
    pirq_target(dbench_first, HIGHEST, 1);
    ck_assert_uint_eq(get(MSI + 4, 4), 0xfee01000);
    ck_assert_uint_eq(get(MSI + 2, 2), 0x0181); /* and is on all the time */
    ck_assert_int_eq(unmap(HIGHEST), 0); /* while it is bound */
    pirq_target(dbench_first, HIGHEST, 0);
    ck_assert_uint_eq(get(MSI + 4, 4), 0xfee01000);
    ck_assert_uint_eq(get(MSI + 2, 2), 0x0180);
    ck_assert_uint_eq(fake_pci.message_count, 0);
    ck_assert_int_eq(evtchn_close(dbench_first, port), 0);
}
END_TEST

START_TEST(what_cannot_be)
{
    struct physdev_map_pirq op;

    make_function();
    ck_assert_int_eq(add(), 0);
    set(PCI_COMMAND, 2, 0);
    ck_assert_int_eq(map(0), -XEN_ENXIO);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    set(0x10, 4, FAKE_RAM_FIRST << PAGE_SHIFT);
    set(MSIX + 4, 4, 0);
    ck_assert_int_eq(map(0), -XEN_EINVAL);
    set(0x10, 4, 0xc001); /* ports */
    ck_assert_int_eq(map(0), -XEN_ENXIO);
    set(MSIX + 4, 4, 6); /* no such BAR */
    ck_assert_int_eq(map(0), -XEN_ENXIO);
    set(MSIX, 2, MSIX << 8 | 1); /* a list that goes round */
    ck_assert_int_eq(map(0), -XEN_ENODEV);
    set(6, 2, 0);
    ck_assert_int_eq(map(-1), -XEN_ENODEV);
    make_function();
    fake_pci.messages_most = 1;
    ck_assert_int_eq(map(0), HIGHEST);
    ck_assert_int_eq(map(1), -XEN_ENOSPC);
    op = request(1);
    op.type = MAP_PIRQ_TYPE_MULTI_MSI;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &op), -XEN_EINVAL);
    op.table_base = 0;
    op.entry_nr = 4;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &op), -XEN_EOPNOTSUPP);
    op.entry_nr = 33;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &op), -XEN_EDOM);
    op = request(1);
    op.bus = 1 << 16;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &op), -XEN_ENODEV);
    op.type = MAP_PIRQ_TYPE_UNKNOWN;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &op), -XEN_EINVAL);
}
END_TEST

START_TEST(a_function_that_goes)
{
    make_function();
    ck_assert_int_eq(on_device(PHYSDEVOP_pci_device_remove), -XEN_ENODEV);
    ck_assert_int_eq(on_device(PHYSDEVOP_restore_msi_ext), -XEN_ENODEV);
    ck_assert_int_eq(add(), 0);
    ck_assert_int_eq(map(0), HIGHEST);
    ck_assert_int_eq(map(1), HIGHEST - 1);
    memset(fake_pci.registers, 0, sizeof(fake_pci.registers)); /* it was reset */
    ck_assert_int_eq(on_device(PHYSDEVOP_restore_msi_ext), 0);
    ck_assert_uint_eq(fake_pci.changed_unmasked, 0);
    ck_assert_uint_eq(entry_word(0, 2), HIGHEST);
    ck_assert_uint_eq(entry_word(1, 2), HIGHEST - 1);
    ck_assert_int_eq(on_device(PHYSDEVOP_pci_device_remove), 0);
    ck_assert_uint_eq(fake_pci.message_count, 0);
    ck_assert_int_eq(unmap(HIGHEST), -XEN_EINVAL);
    ck_assert_int_eq(map(0), -XEN_ENODEV);
}
END_TEST

/* A mapping of the table that would write becomes one that reads; others of the device's memory stay. */
START_TEST(a_table_is_not_written)
{
    uint64_t frame = (FAKE_PCI_REGISTERS + TABLE) >> PAGE_SHIFT;
    uint64_t table = frame << PAGE_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_USER, beside = table - PAGE_SIZE;

    make_function();
    ck_assert_int_eq(rangeset_add(dbench_first->io_frames, frame - 1, frame), 0);
    ck_assert_int_eq(on_device(PHYSDEVOP_prepare_msix), -XEN_ENODEV);
    ck_assert_int_eq(add(), 0);
    ck_assert_int_eq(on_device(PHYSDEVOP_prepare_msix), 0);
    ck_assert_int_eq(pte_l1_get(dbench_first, dbench_first, &table), 0);
    ck_assert(!(table & PTE_WRITE) && table & PTE_PRESENT);
    ck_assert_int_eq(pte_l1_get(dbench_first, dbench_first, &beside), 0);
    ck_assert(beside & PTE_WRITE);
    ck_assert_int_eq(on_device(PHYSDEVOP_release_msix), 0);
    table |= PTE_WRITE;
    ck_assert_int_eq(pte_l1_get(dbench_first, dbench_first, &table), 0);
    ck_assert(table & PTE_WRITE);
    ck_assert_int_eq(map(0), HIGHEST);
    ck_assert_int_eq(on_device(PHYSDEVOP_prepare_msix), -XEN_EBUSY);
}
END_TEST

START_TEST(a_guest_has_no_functions)
{
    struct physdev_manage_pci old = {.devfn = DEVFN};
    struct domain *d = dbench_domain(5, 1);

    make_function();
    ck_assert_int_eq(add(), 0);
    ck_assert_int_eq(map(0), HIGHEST);
    dbench_become(d->vcpus[0]);
    ck_assert_int_eq(add(), -XEN_EPERM);
    ck_assert_int_eq(map(1), -XEN_EPERM);
    ck_assert_int_eq(on_device(PHYSDEVOP_pci_device_remove), -XEN_EPERM);
    ck_assert_int_eq(on_device(PHYSDEVOP_restore_msi_ext), -XEN_EPERM);
    ck_assert_int_eq(on_device(PHYSDEVOP_prepare_msix), -XEN_EPERM);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_remove, &old), -XEN_EPERM);
    ck_assert_int_eq(pirq_bind(d, HIGHEST, false), -XEN_EINVAL);
    dbench_become(NULL);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_remove, &old), 0);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_add, &old), 0);
    ck_assert_int_eq(map(0), HIGHEST);
}
END_TEST

static int64_t reserve(uint64_t address, uint16_t segment, uint8_t last, uint32_t flags)
{
    struct physdev_pci_mmcfg_reserved op = {
        .address = address, .segment = segment, .end_bus = last, .flags = flags};

    return PHYSDEV(PHYSDEVOP_pci_mmcfg_reserved, &op);
}

START_TEST(windows_of_configuration_space)
{
    fake_pci.window = (struct port_pci_window){.address = 0xb0000000, .last_bus = 255};
    ck_assert_int_eq(reserve(0xb0000000, 0, 255, XEN_PCI_MMCFG_RESERVED), -XEN_ENODEV);
    fake_pci.has_window = true;
    ck_assert_int_eq(reserve(0xb0000000, 0, 255, XEN_PCI_MMCFG_RESERVED), 0);
    ck_assert_int_eq(reserve(0xb0000000, 0, 255, 0), 0);
    ck_assert_int_eq(reserve(0xb0000000, 0, 255, 2), -XEN_EINVAL);
    ck_assert_int_eq(reserve(0xb0000000, 1, 255, 1), -XEN_ENODEV);
    ck_assert_int_eq(reserve(0xb0000000, 0, 127, 1), -XEN_ENODEV);
    ck_assert_int_eq(reserve(0xc0000000, 0, 255, 1), -XEN_EIO);
    dbench_become(dbench_domain(5, 1)->vcpus[0]);
    ck_assert_int_eq(reserve(0xb0000000, 0, 255, XEN_PCI_MMCFG_RESERVED), -XEN_EPERM);
}
END_TEST

TCase *msi_tests(void)
{
    TCase *tests = tcase_create("msi");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, a_message_of_msix);
    tcase_add_test(tests, a_message_of_msi);
    tcase_add_test(tests, what_cannot_be);
    tcase_add_test(tests, a_function_that_goes);
    tcase_add_test(tests, a_table_is_not_written);
    tcase_add_test(tests, a_guest_has_no_functions);
    tcase_add_test(tests, windows_of_configuration_space);
    return tests;
}
