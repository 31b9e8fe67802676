/* SPDX-License-Identifier: MIT */
/* bind_ipi: to oneself the event comes before the send returns; masked it waits, and unmasking delivers it.
 */
#include "guest/test.h"

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    hits++;
}

GUEST_TEST(event_ipi)
{
    struct evtchn_bind_vcpu bind = {0};
    int port = event_bind_ipi(0);

    ASSERT(port > 0);
    event_set_handler((evtchn_port_t)port, count, NULL);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    EXPECT_EQ(hits, 1);
    event_mask((evtchn_port_t)port);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    EXPECT_EQ(hits, 1);
    EXPECT(event_pending((evtchn_port_t)port));
    EXPECT_EQ(event_unmask((evtchn_port_t)port), 0);
    EXPECT_EQ(hits, 2);
    bind.port = (evtchn_port_t)port;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, HARG(&bind)), -XEN_EINVAL);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
    EXPECT_EQ(event_bind_ipi(4000), -XEN_ENOENT);
}
