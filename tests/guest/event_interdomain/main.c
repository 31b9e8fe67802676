/* SPDX-License-Identifier: MIT */
/* Two ports bound to each other inside one domain: sending, the first notification, closing one end. */
#include "guest/test.h"

static unsigned int hits[2];

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (*(unsigned int *)data)++;
}

GUEST_TEST(event_interdomain)
{
    struct evtchn_status out = {.dom = DOMID_SELF};
    int a = event_alloc_unbound(DOMID_SELF), b;

    ASSERT(a > 0);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, 4000), -XEN_EINVAL);
    EXPECT_EQ(event_bind_interdomain(0x6789, (evtchn_port_t)a), -XEN_ESRCH);
    b = event_bind_interdomain(DOMID_SELF, (evtchn_port_t)a);
    ASSERT(b > 0 && b != a);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, (evtchn_port_t)a), -XEN_EINVAL); /* taken */
    out.port = (evtchn_port_t)b;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&out)), 0);
    EXPECT_EQ(out.status, EVTCHNSTAT_interdomain);
    EXPECT_EQ(out.u.interdomain.port, a);
    /* The binder's end is pending at once, lest a notification sent before the binding was lost. */
    EXPECT(event_pending((evtchn_port_t)b));
    event_set_handler((evtchn_port_t)a, count, &hits[0]);
    event_set_handler((evtchn_port_t)b, count, &hits[1]);
    EXPECT_EQ(hits[1], 1);
    EXPECT_EQ(event_send((evtchn_port_t)b), 0);
    EXPECT_EQ(hits[0], 1);
    EXPECT_EQ(event_send((evtchn_port_t)a), 0);
    EXPECT_EQ(hits[1], 2);
    EXPECT_EQ(event_close((evtchn_port_t)b), 0);
    out.port = (evtchn_port_t)a;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&out)), 0);
    EXPECT_EQ(out.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(event_send((evtchn_port_t)a), 0);
    EXPECT_EQ(event_close((evtchn_port_t)a), 0);
    EXPECT(!event_pending((evtchn_port_t)a) && !event_pending((evtchn_port_t)b));
}
