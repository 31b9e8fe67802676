/* SPDX-License-Identifier: MIT */
/* A spin lock among the guest's vCPUs; upcalls of the holder are masked, so that handlers may take it too. */
#ifndef GUEST_LOCK_H
#define GUEST_LOCK_H

#include <stdbool.h>

#include "guest/event.h"
#include "guest/x86.h"

struct guest_lock {
    volatile int held;
};

/* Returns whether upcalls were masked before, for lock_give. */
static inline bool lock_take(struct guest_lock *lock)
{
    bool masked = event_disabled();

    event_disable();
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) {
        x86_pause();
    }
    return masked;
}

static inline void lock_give(struct guest_lock *lock, bool masked)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
    if (!masked) {
        event_enable();
    }
}

#endif
