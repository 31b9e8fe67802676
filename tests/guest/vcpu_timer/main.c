/* SPDX-License-Identifier: MIT */
/* vcpu_op's timers: single shot, stopping it, the periodic one with its least period, and others' vCPUs. */
#include "guest/test.h"

#define DELAY (3 * TIME_MS)
/* Long enough to disarm the timer in, however slow the machine. */
#define CANCEL_DELAY (100 * TIME_MS)

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    hits++;
}

static long set_period(uint64_t period)
{
    struct vcpu_set_periodic_timer request = {.period_ns = period};

    return hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, HARG(&request));
}

GUEST_TEST(vcpu_timer)
{
    struct vcpu_set_singleshot_timer far = {.timeout_abs_ns = ~0ul};
    int port = event_bind_virq(VIRQ_TIMER, 0);
    uint64_t start;

    ASSERT(port > 0);
    EXPECT_EQ(time_stop_tick(), 0);
    event_set_handler((evtchn_port_t)port, count, NULL);
    hits = 0;
    start = time_now();
    EXPECT_EQ(time_set_timer(start + DELAY), 0);
    /* Upcalls off between the look and the block, which lets them in: or the event could come just before it. */
    event_disable();
    while (!hits && time_now() - start < TIME_S) {
        event_block();
        event_disable();
    }
    event_enable();
    EXPECT(time_now() - start >= DELAY);
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(time_set_timer(time_now() + CANCEL_DELAY), 0);
    EXPECT_EQ(time_set_timer(0), 0);
    time_spin(2 * CANCEL_DELAY);
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(set_period(TIME_MS - 1), -XEN_EINVAL);
    /* Before the first period begins: a machine that is late afterwards has ticks to make up for. */
    start = time_now();
    EXPECT_EQ(set_period(2 * TIME_MS), 0);
    while (hits < 8 && time_now() - start < TIME_S) {
        x86_pause();
    }
    EXPECT(hits >= 8); /* one more may come before this look */
    EXPECT(time_now() - start >= 6 * 2 * TIME_MS);
    EXPECT_EQ(time_stop_tick(), 0);
    hits = 0;
    time_spin(3 * DELAY);
    EXPECT_EQ(hits, 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, HARG(&far)), 0);
    EXPECT_EQ(time_set_timer(0), 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 4000, HARG(&far)), -XEN_ENOENT);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, test_bad_pointers[0]), -XEN_EFAULT);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, test_bad_pointers[3]), -XEN_EFAULT);
    if (vcpu_count() > 1) {
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 1, HARG(&far)), -XEN_EINVAL);
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 1, 0), -XEN_EINVAL);
    }
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
}
