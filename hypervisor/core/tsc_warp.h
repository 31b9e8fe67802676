/* SPDX-License-Identifier: MIT */
/*
 * Whether the time-stamp counters of two CPUs agree: both read their own in turns, and none may read less than the
 * other read before it. What is seen is a lower bound of how far they are apart.
 */
#ifndef CORE_TSC_WARP_H
#define CORE_TSC_WARP_H

#include "lib/types.h"
#include "port/lock.h"

struct tsc_warp {
    struct spinlock lock; /* LOCK_IRQ */
    uint64_t last;        /* what was read last */
    uint64_t most;        /* the farthest that one was behind, in ticks */
    uint32_t last_cpu;
    uint32_t turns;       /* how often the reader was another one than before: what the answer is worth */
};

void tsc_warp_init(struct tsc_warp *w);

/* One look by the CPU that calls it. */
void tsc_warp_look(struct tsc_warp *w);

#endif
