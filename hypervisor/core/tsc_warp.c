/* SPDX-License-Identifier: MIT */
/* Compares the time-stamp counters of CPUs. */
#include "core/tsc_warp.h"

#include "port/cpu.h"
#include "port/machine.h"

#define NOBODY UINT32_MAX

void tsc_warp_init(struct tsc_warp *w)
{
    *w = (struct tsc_warp){.lock = SPINLOCK(LOCK_IRQ), .last_cpu = NOBODY};
}

void tsc_warp_look(struct tsc_warp *w)
{
    struct lock_token held = lock_acquire(&w->lock);
    uint64_t now = port_rdtsc();
    uint32_t cpu = port_cpu_id();

    if (now < w->last) {
        w->most = MAX(w->most, w->last - now);
    }
    w->turns += w->last_cpu != cpu && w->last_cpu != NOBODY;
    w->last = now;
    w->last_cpu = cpu;
    lock_release(held);
}
