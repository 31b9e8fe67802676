/* SPDX-License-Identifier: MIT */
/* The keeper's second vCPU: counts in its registers and in memory, allocates, grants, sleeps. */
#include "keeper.h"

#define ROUNDS_AWAKE 64u

static volatile uint64_t rounds, wrong;
static volatile bool started;

static void one_round(uint64_t round)
{
    uint64_t *page = memory_page_alloc(), *piece = malloc(100 + round % 1000);
    int ref = grant_page(0, page, true);

    *page = round;
    *piece = ~round;
    if (round % ROUNDS_AWAKE == 0) {
        time_sleep(TIME_MS);
    }
    wrong += ref < 0 || *page != round || *piece != ~round || vcpu_current()->id != 1;
    if (ref >= 0) {
        wrong += !grant_end((grant_ref_t)ref);
    }
    free(piece);
    memory_page_free(page);
}

static void work(void *argument)
{
    (void)argument;
    time_stop_tick();
    event_enable();
    for (uint64_t round = 0;; round++) {
        wrong += round != rounds;
        one_round(round);
        rounds = round + 1;
    }
}

void worker_start(void)
{
    started = vcpu_count() > 1 && vcpu_start(1, work, NULL) == 0;
}

bool worker_goes_on(void)
{
    uint64_t from = rounds, end = time_now() + KEEPER_SECONDS * TIME_S;

    while (started && rounds < from + ROUNDS_AWAKE && time_now() < end) {
        time_sleep(TIME_MS);
    }
    if (!started) {
        return vcpu_count() == 1;
    }
    return rounds >= from + ROUNDS_AWAKE && wrong == 0;
}
