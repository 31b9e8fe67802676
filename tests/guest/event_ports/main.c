/* SPDX-License-Identifier: MIT */
/* XSA-221, XSA-317: ports that are not there, every operation on them, and all ports there are taken. */
#include "guest/test.h"

#define PORTS_MAX 4096 /* of the 2-level form */

static int poll(evtchn_port_t port)
{
    struct sched_poll op = {.nr_ports = 1, .timeout = 1};

    set_xen_guest_handle(op.ports, &port);
    return (int)hypercall_sched_op(SCHEDOP_poll, HARG(&op));
}

static void check_absent(evtchn_port_t port)
{
    struct evtchn_send send = {.port = port};
    struct evtchn_unmask unmask = {.port = port};
    struct evtchn_close close = {.port = port};
    struct evtchn_bind_vcpu bind = {.port = port};
    struct evtchn_bind_interdomain connect = {.remote_dom = DOMID_SELF, .remote_port = port};
    struct evtchn_set_priority priority = {.port = port};

    EXPECT_EQ(poll(port), -XEN_EINVAL);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_send, HARG(&send)), -XEN_EINVAL);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_close, HARG(&close)), -XEN_EINVAL);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, HARG(&bind)), -XEN_EINVAL);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_bind_interdomain, HARG(&connect)), -XEN_EINVAL);
    EXPECT(hypercall_event_channel_op(EVTCHNOP_set_priority, HARG(&priority)) < 0);
    EXPECT(port < PORTS_MAX || hypercall_event_channel_op(EVTCHNOP_unmask, HARG(&unmask)) == -XEN_EINVAL);
}

static void close_port(evtchn_port_t port)
{
    struct evtchn_close op = {.port = port};

    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_close, HARG(&op)), 0);
}

/* How many ports there were left; all of them are given back. */
static unsigned int take_all(void)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    static evtchn_port_t ports[PORTS_MAX];
    unsigned int count = 0;
    long result = 0;

    while (count < PORTS_MAX && (result = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, HARG(&op))) == 0) {
        ports[count++] = op.port;
    }
    EXPECT_EQ(result, -XEN_ENOSPC);
    EXPECT(event_bind_ipi(0) < 0);
    EXPECT(event_bind_virq(VIRQ_TIMER, 0) < 0);
    for (unsigned int i = 0; i < count; i++) {
        close_port(ports[i]);
    }
    return count;
}

GUEST_TEST(event_ports)
{
    static const evtchn_port_t absent[] = {0, PORTS_MAX - 1, PORTS_MAX, 131071, 131072, ~0u};
    int port = event_bind_ipi(0);
    unsigned int count;

    ASSERT(port > 0);
    close_port((evtchn_port_t)port);
    check_absent((evtchn_port_t)port); /* it was there */
    for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++) {
        check_absent(absent[i]);
    }
    count = take_all();
    EXPECT(count > 100);
    EXPECT_EQ(take_all(), count);
}
