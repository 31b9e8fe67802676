/* SPDX-License-Identifier: MIT */
/* The library's stop of the other vCPUs, of which a suspend makes use: one that works or sleeps stands still
 * and goes on where it was; one that is down is not waited for. */
#include "guest/test.h"

#define WAIT (30 * TIME_S)

static volatile uint64_t rounds;
static volatile bool ends;
static bool sleeps;

static void work(void *argument)
{
    (void)argument;
    event_enable();
    while (!ends) {
        rounds++;
        if (sleeps) {
            time_sleep(TIME_MS);
        }
    }
}

static bool goes_on(void)
{
    uint64_t from = rounds, end = time_now() + WAIT;

    while (rounds == from && time_now() < end) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    return rounds != from;
}

static void check(void)
{
    ends = false;
    ASSERT_EQ(vcpu_start(1, work, NULL), 0);
    EXPECT(goes_on());
    for (unsigned int i = 0; i < 3; i++) {
        uint64_t stopped;

        ASSERT_EQ(vcpu_stop_others(), 0);
        stopped = rounds;
        time_sleep(10 * TIME_MS);
        EXPECT_EQ(rounds, stopped);
        vcpu_release_others(true);
        EXPECT(goes_on());
    }
    ends = true;
    vcpu_wait_down(1);
}

GUEST_TEST(vcpu_stop)
{
    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    check();
    sleeps = true;
    check();
    EXPECT_EQ(vcpu_stop_others(), 0);
    vcpu_release_others(true);
}
