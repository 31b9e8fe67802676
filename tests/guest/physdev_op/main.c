/* SPDX-License-Identifier: MIT */
/* physdev_op: the privilege level of I/O, interrupts that do not exist, and what only a domain with rights
 * may do. */
#include "guest/test.h"

static long op(unsigned int command, void *argument)
{
    return hypercall_physdev_op(command, HARG(argument));
}

GUEST_TEST(physdev_op)
{
    struct physdev_set_iopl iopl = {.iopl = 3};
    struct physdev_irq_status_query query = {.irq = 0x7fffffff};
    struct physdev_eoi eoi = {.irq = 0x7fffffff};
    struct physdev_apic apic = {.apic_physbase = 0x12345000};
    struct physdev_map_pirq message = {
        .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1, .pirq = -1, .bus = 0xff, .devfn = 0xff};
    struct physdev_pci_device device = {.bus = 0xff, .devfn = 0xff};
    const long nobodys = guest_is_initial_domain() ? -XEN_ENODEV : -XEN_EPERM;
    struct physdev_dbgp_op debug_port = {.op = PHYSDEVOP_DBGP_RESET_PREPARE};
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = 0x7fffffff};

    EXPECT_EQ(op(PHYSDEVOP_set_iopl, &iopl), 0);
    iopl.iopl = 4;
    EXPECT_EQ(op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL);
    iopl.iopl = 0;
    EXPECT_EQ(op(PHYSDEVOP_set_iopl, &iopl), 0);
    EXPECT_EQ_OR_EPERM(op(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
    EXPECT_EQ_OR_EPERM(op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
    EXPECT_EQ(op(PHYSDEVOP_apic_read, &apic), guest_is_initial_domain() ? -XEN_EINVAL : -XEN_EPERM);
    EXPECT(op(PHYSDEVOP_unmap_pirq, &unmap) < 0);
    /* A function of which nobody has told. */
    EXPECT_EQ(op(PHYSDEVOP_map_pirq, &message), nobodys);
    EXPECT_EQ(op(PHYSDEVOP_pci_device_remove, &device), nobodys);
    EXPECT_EQ_OR_EPERM(op(PHYSDEVOP_restore_msi_ext, &device), -XEN_ENODEV);
    EXPECT_EQ(op(PHYSDEVOP_prepare_msix, &device), nobodys);
    EXPECT_EQ(op(PHYSDEVOP_dbgp_op, &debug_port), guest_is_initial_domain() ? 0 : -XEN_EPERM);
    EXPECT_EQ_OR_EPERM(hypercall_physdev_op(99, 0), -XEN_ENOSYS);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iobitmap, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ_OR_EPERM(hypercall_physdev_op(PHYSDEVOP_map_pirq, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ_OR_EPERM(hypercall_physdev_op(PHYSDEVOP_dbgp_op, test_bad_pointers[i]), -XEN_EFAULT);
    }
}
