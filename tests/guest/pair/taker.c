/* SPDX-License-Identifier: MIT */
/* The domain that uses what the other takes back: finding it, telling it what to do, and how long to go on. */
#include "pair/taker.h"

#define ROUNDS   3000
#define LOOK     (2 * TIME_S)
#define REFS_MAX 64

volatile struct pair *taker_pair;
volatile uint64_t *taker_window;
domid_t taker_giver;

/* The giver's shared page, which may not be there yet. */
static volatile struct pair *find_pair(void)
{
    uint64_t end = time_now() + TAKER_PATIENCE;
    volatile struct pair *found = pt_reserve(1);

    for (grant_ref_t ref = 1; time_now() < end; ref = ref % REFS_MAX + 1) {
        grant_handle_t handle;

        if (grant_map((void *)found, taker_giver, ref, 0, &handle) == GNTST_okay) {
            if (found->magic == PAIR_MAGIC) {
                return found;
            }
            grant_unmap((void *)found, handle);
        }
        time_sleep(TIME_MS);
    }
    return NULL;
}

void taker_command(uint32_t wanted)
{
    uint64_t end = time_now() + TAKER_PATIENCE;

    taker_pair->wanted = wanted;
    while (taker_pair->done != wanted && time_now() < end) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    ASSERT_EQ(taker_pair->done, wanted);
}

bool taker_goes_on(unsigned int round, uint64_t start, unsigned int won, unsigned int lost)
{
    uint64_t spent = time_now() - start;

    return spent < TAKER_PATIENCE && (won < TAKER_ENOUGH || lost < TAKER_ENOUGH || (round < ROUNDS && spent < LOOK));
}

int guest_main(void)
{
    if (guest_has_option("giver")) {
        return pair_give();
    }
    taker_giver = (domid_t)(event_own_domain() - 1);
    taker_window = pt_reserve(1);
    time_stop_tick();
    taker_pair = find_pair();
    if (!taker_pair) {
        printf("TEST pair: error no giver\n");
        return 1;
    }
    return test_run_all();
}
