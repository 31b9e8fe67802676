/* SPDX-License-Identifier: MIT */
/* EVTCHNOP_reset closes every port of the domain at once, and FIFO goes back to 2-level. */
#include "guest/test.h"

static long reset(domid_t domain)
{
    struct evtchn_reset request = {.dom = domain};

    return hypercall_event_channel_op(EVTCHNOP_reset, HARG(&request));
}

static unsigned int status_of(int port)
{
    struct evtchn_status status = {.dom = DOMID_SELF, .port = (evtchn_port_t)port};

    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&status)), 0);
    return status.status;
}

GUEST_TEST(event_reset)
{
    struct evtchn_expand_array array = {.array_gfn = memory_pfn_to_mfn(5)};
    int unbound, virq;

    if (!guest_is_initial_domain()) {
        test_skip("it would close this guest's console");
    }
    ASSERT_EQ(event_use_fifo(), 0);
    unbound = event_alloc_unbound(DOMID_SELF);
    virq = event_bind_virq(VIRQ_DEBUG, 0);
    ASSERT(unbound > 0 && virq > 0);
    EXPECT_EQ(reset(0x6789), -XEN_ESRCH);
    EXPECT_EQ(reset(DOMID_SELF), 0);
    EXPECT_EQ(status_of(unbound), EVTCHNSTAT_closed);
    EXPECT_EQ(status_of(virq), EVTCHNSTAT_closed);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_expand_array, HARG(&array)), -XEN_EOPNOTSUPP);
}
