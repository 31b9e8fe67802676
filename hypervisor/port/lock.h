/* SPDX-License-Identifier: MIT */
/*
 * Spin locks. The hypervisor runs with interrupts off but for short windows (port/cpu.h), so no lock needs a
 * variant for interrupts. A CPU that spins answers other CPUs' flush requests meanwhile, so waiting for a
 * flush with a lock held is safe. Locks nest in the order of lib/lock_level.h: debug builds assert it.
 */
#ifndef PORT_LOCK_H
#define PORT_LOCK_H

#include "lib/lock_level.h"
#include "lib/types.h"

struct spinlock;

/* The proof of a held lock: a function that needs one takes it as an argument. */
struct lock_token {
    struct spinlock *lock;
};

static inline void lock_init(struct spinlock *lock, enum lock_level level);

/* Waits until the lock is free and takes it. Of two locks of one level only one may be held, but for
 * lock_acquire_both. */
static inline struct lock_token lock_acquire(struct spinlock *lock);

/* Takes the lock if it is free; .lock is NULL when it was not. No order is asserted. */
static inline struct lock_token lock_try(struct spinlock *lock);

/* As lock_acquire, for the second of two locks of one level, taken in order of address; lock_acquire_both
 * uses it. */
static inline struct lock_token lock_acquire_nested(struct spinlock *lock);

static inline void lock_release(struct lock_token token);

/* Whether this CPU holds the lock; for assertions. */
static inline bool lock_held(const struct spinlock *lock);

#include <port_impl/lock.h>

/* Two locks of one level, lower address first; a and b may be the same lock. Release with lock_release_both.
 */
struct lock_pair {
    struct lock_token first, second;
};

static inline struct lock_pair lock_acquire_both(struct spinlock *a, struct spinlock *b)
{
    struct lock_pair pair = {{NULL}, {NULL}};

    if (a == b) {
        pair.first = lock_acquire(a);
    } else {
        pair.first = lock_acquire(a < b ? a : b);
        pair.second = lock_acquire_nested(a < b ? b : a);
    }
    return pair;
}

static inline void lock_release_both(struct lock_pair pair)
{
    if (pair.second.lock) {
        lock_release(pair.second);
    }
    lock_release(pair.first);
}

#endif
