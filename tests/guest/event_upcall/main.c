/* SPDX-License-Identifier: MIT */
/* When an upcall comes: not while masked, at the next way into the guest after unmasking, and in user mode
 * too. */
#include "guest/test.h"

static unsigned int hits;
static bool masked_inside, from_user;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    hits++;
    masked_inside = event_disabled();
}

static bool note_entry(struct trap_frame *frame)
{
    from_user = trap_from_user(frame);
    return false;
}

static bool send_for_user(struct trap_frame *frame)
{
    return frame->rax == 1 && event_send((evtchn_port_t)frame->rdi) == 0;
}

static uint64_t user_asks(uint64_t port)
{
    return user_syscall(1, port);
}

GUEST_TEST(event_upcall)
{
    int port = event_bind_ipi(0);
    struct trap_frame frame;

    ASSERT(port > 0);
    trap_set_hook(ENTRY_EVENT, note_entry);
    event_set_handler((evtchn_port_t)port, count, NULL);
    event_disable();
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    hypercall_xen_version(XENVER_version, 0);
    EXPECT_EQ(hits, 0);
    EXPECT_EQ(vcpu_current()->info->evtchn_upcall_pending, 1);
    /* Unmasked without a hypercall nothing happens; the next hypercall's way out is an opportunity. */
    vcpu_current()->info->evtchn_upcall_mask = 0;
    hypercall_xen_version(XENVER_version, 0);
    EXPECT_EQ(hits, 1);
    EXPECT(masked_inside);
    EXPECT(!from_user);
    EXPECT(!event_disabled());
    /* A pending event with upcalls masked meets the iret that unmasks them, into user mode. */
    trap_set_hook(ENTRY_SYSCALL, send_for_user);
    hypercall_set_callbacks(HARG(entry_event), HARG(entry_failsafe), HARG(entry_syscall));
    user_run(user_asks, (uint64_t)port, &frame);
    EXPECT(user_returned(&frame));
    EXPECT_EQ(hits, 2);
    event_disable();
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    user_run(user_asks, 0, &frame);
    EXPECT_EQ(hits, 3);
    EXPECT(from_user);
    event_enable();
    trap_set_hook(ENTRY_SYSCALL, NULL);
    trap_set_hook(ENTRY_EVENT, NULL);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
}
