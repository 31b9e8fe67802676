/* SPDX-License-Identifier: MIT */
/*
 * Arguments that the ABI has as 32 bits are taken as such, whatever stands above; counts that do not fit a
 * result; a list's address is looked at even when the list is empty.
 */
#include "guest/test.h"

#define ABOVE  (1ul << 32)
#define HIGHER 0x80000000ul /* than an int can be */

GUEST_TEST(call_widths)
{
    unsigned long hypervisors = HYPERVISOR_VIRT_START + PAGE_SIZE;
    struct evtchn_reset reset = {.dom = DOMID_SELF};
    struct sched_poll poll = {.nr_ports = 1};
    char text[16];

    EXPECT_EQ(hypercall_xen_version(ABOVE | XENVER_version, 0), 4 << 16 | 17);
    EXPECT_EQ(hypercall_vcpu_op(ABOVE | VCPUOP_is_up, ABOVE, 0), 1);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, ~0ul, 0), -XEN_ENOENT);
    EXPECT_EQ(hypercall_multicall(hypervisors, 0), -XEN_EFAULT);
    EXPECT_EQ(hypercall_multicall(hypervisors, ABOVE), -XEN_EFAULT);
    EXPECT_EQ(hypercall_multicall(0, ABOVE), 0);
    /* A reset cannot be resumed that was not begun. */
    EXPECT_EQ(hypercall_event_channel_op(14, HARG(&reset)), -XEN_EBUSY);
    set_xen_guest_handle(poll.ports, (evtchn_port_t *)PAGE_SIZE);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, HARG(&poll)), -XEN_EFAULT);
    if (guest_is_initial_domain()) {
        EXPECT_EQ(hypercall_console_io(ABOVE | CONSOLEIO_write, 0, 0), 0);
        EXPECT_EQ(hypercall_console_io(CONSOLEIO_read, HIGHER, HARG(text)), -XEN_E2BIG);
        EXPECT_EQ(hypercall_console_io(CONSOLEIO_write, HIGHER, hypervisors), -XEN_EFAULT);
        EXPECT_EQ(hypercall_xen_version(XENVER_build_id, hypervisors), -XEN_EFAULT);
        memset(text, 0, sizeof(text));
        EXPECT_EQ(hypercall_xen_version(XENVER_build_id, HARG(text)), -XEN_EINVAL);
    }
}
