/* SPDX-License-Identifier: MIT */
/* A second vCPU: starts where it is told, has its own time and events, wakes by IPI, goes down and comes up
 * again. */
#include "guest/test.h"

static volatile unsigned int runs, hits;
static volatile uint64_t time_there;
static volatile int port;

static void count(evtchn_port_t event, void *data)
{
    (void)event;
    hits += vcpu_current()->id == 1;
    (void)data;
}

static void second(void *argument)
{
    runs += argument == (void *)&runs && vcpu_current()->id == 1;
    time_there = time_now();
    time_stop_tick();
    port = event_bind_ipi(1);
    event_set_handler((evtchn_port_t)port, count, NULL);
    while (!hits) {
        event_block(); /* lets upcalls in, and only it does: an event before it is not lost */
        event_disable();
    }
    event_close((evtchn_port_t)port);
    port = 0;
}

static void run_once(unsigned int run)
{
    uint64_t deadline = time_now() + TIME_S;

    hits = 0;
    ASSERT_EQ(vcpu_start(1, second, (void *)&runs), 0);
    while (port <= 0 && time_now() < deadline) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    ASSERT(port > 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, 1, 0), 1);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    vcpu_wait_down(1);
    EXPECT_EQ(runs, run);
    EXPECT(hits >= 1);
    EXPECT(time_there <= time_now() + 10 * TIME_MS);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, 1, 0), 0);
}

GUEST_TEST(vcpu_secondary)
{
    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, 1, 0), 0);
    run_once(1);
    run_once(2);
}
