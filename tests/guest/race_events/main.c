/* SPDX-License-Identifier: MIT */
/*
 * Attack: ports are bound and closed on one vCPU while the other sends on them, closes them too, moves, unmasks
 * and polls them. Every answer is one of the ABI's, and in the end all ports can be had again.
 */
#include "guest/test.h"

#define ROUNDS       2000
#define ROUNDS_LEAST 50
#define PATIENCE     (2 * TIME_S)

static volatile bool stop;
static volatile evtchn_port_t ends[2];
static domid_t self;

static void disturb(evtchn_port_t port)
{
    struct evtchn_bind_vcpu move = {.port = port, .vcpu = port % 2};
    struct evtchn_unmask unmask = {.port = port};
    struct evtchn_status status = {.dom = DOMID_SELF, .port = port};
    struct sched_poll poll = {.nr_ports = 1, .timeout = 1};
    long error = event_send(port);

    EXPECT(error == 0 || error == -XEN_EINVAL);
    error = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, HARG(&move));
    EXPECT(error == 0 || error == -XEN_EINVAL);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_unmask, HARG(&unmask)), 0);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&status)), 0);
    EXPECT(status.status == EVTCHNSTAT_closed || status.status == EVTCHNSTAT_unbound ||
           status.status == EVTCHNSTAT_interdomain);
    set_xen_guest_handle(poll.ports, &port);
    error = hypercall_sched_op(SCHEDOP_poll, HARG(&poll));
    EXPECT(error == 0 || error == -XEN_EINVAL);
}

static void disturber(void *argument)
{
    (void)argument;
    time_stop_tick();
    for (unsigned int i = 0; !stop; i++) {
        evtchn_port_t port = ends[i % 2];

        if (port) {
            disturb(port);
        }
        if (port && i % 8 == 0) {
            long error = event_close(port);

            EXPECT(error == 0 || error == -XEN_EINVAL);
        }
    }
}

/* A pair of ports of this domain's, as far as the other vCPU leaves them. */
static void connect_and_close(void)
{
    int first = event_alloc_unbound(self), second;

    ASSERT(first > 0);
    ends[0] = (evtchn_port_t)first;
    second = event_bind_interdomain(self, (evtchn_port_t)first);
    EXPECT(second > 0 || second == -XEN_EINVAL);
    if (second > 0) {
        ends[1] = (evtchn_port_t)second;
        event_send((evtchn_port_t)first);
        event_close((evtchn_port_t)second);
    }
    event_close((evtchn_port_t)first);
}

GUEST_TEST(race_events)
{
    uint64_t end = time_now() + PATIENCE;
    int before, after;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    self = event_own_domain();
    before = event_alloc_unbound(self);
    event_disable();
    stop = false;
    ASSERT_EQ(vcpu_start(1, disturber, NULL), 0);
    for (unsigned int i = 0; i < ROUNDS && (i < ROUNDS_LEAST || time_now() < end); i++) {
        connect_and_close();
    }
    stop = true;
    vcpu_wait_down(1);
    event_enable();
    /* The next lowest port is free again: nothing was left behind. */
    after = event_alloc_unbound(self);
    EXPECT_EQ(after, before + 1);
    EXPECT_EQ(event_close((evtchn_port_t)after), 0);
    EXPECT_EQ(event_close((evtchn_port_t)before), 0);
}
