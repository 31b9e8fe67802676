/* SPDX-License-Identifier: MIT */
/* The hypercalls of before Xen 3.2: the old names of sched_op, event_channel_op and physdev_op, or -ENOSYS.
 */
#include "guest/test.h"

struct old_event_call {
    uint32_t command;
    union {
        struct evtchn_alloc_unbound alloc;
        struct evtchn_close close;
        struct evtchn_send send;
    } u;
};

static bool offered(long result)
{
    EXPECT(result == -XEN_ENOSYS || result >= 0);
    return result != -XEN_ENOSYS;
}

GUEST_TEST(compat_calls)
{
    struct old_event_call call = {.command = EVTCHNOP_alloc_unbound,
                                  .u.alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF}};
    long result;

    offered(hypercall_sched_op_compat(SCHEDOP_yield, 0));
    if (offered(hypercall_event_channel_op_compat(HARG(&call)))) {
        evtchn_port_t port = call.u.alloc.port;

        EXPECT(port > 0);
        EXPECT_EQ(event_close(port), 0);
        call.command = EVTCHNOP_expand_array; /* younger than this call */
        EXPECT(hypercall_event_channel_op_compat(HARG(&call)) < 0);
        EXPECT_EQ(hypercall_event_channel_op_compat(test_bad_pointers[0]), -XEN_EFAULT);
    }
    result = hypercall_physdev_op_compat(test_bad_pointers[0]);
    EXPECT(result == -XEN_ENOSYS || result == -XEN_EFAULT);
}
