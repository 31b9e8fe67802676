/* SPDX-License-Identifier: MIT */
/* set_timer_op: VIRQ_TIMER at an absolute time, at once for a time that has passed, never after 0. */
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

GUEST_TEST(set_timer_op)
{
    int port = event_bind_virq(VIRQ_TIMER, 0);
    uint64_t start;

    ASSERT(port > 0);
    EXPECT_EQ(time_stop_tick(), 0);
    event_set_handler((evtchn_port_t)port, count, NULL);
    hits = 0;
    start = time_now();
    EXPECT_EQ(hypercall_set_timer_op(start + DELAY), 0);
    /* Not before its time, unless the machine stood still for so long. */
    EXPECT(hits == 0 || time_now() - start >= DELAY);
    /* Upcalls off between the look and the block, which lets them in: or the event could come just before it. */
    event_disable();
    while (!hits && time_now() - start < TIME_S) {
        event_block();
        event_disable();
    }
    event_enable();
    EXPECT(time_now() - start >= DELAY);
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(hypercall_set_timer_op(1), 0);
    time_spin(DELAY);
    EXPECT_EQ(hits, 2);
    EXPECT_EQ(hypercall_set_timer_op(time_now() + CANCEL_DELAY), 0);
    EXPECT_EQ(hypercall_set_timer_op(0), 0);
    time_spin(2 * CANCEL_DELAY);
    EXPECT_EQ(hits, 2);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
}
