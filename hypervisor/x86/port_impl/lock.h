/* SPDX-License-Identifier: MIT */
/* port/lock.h on the real machine: ticket locks, fair between CPUs. */
#ifndef PORT_IMPL_LOCK_H
#define PORT_IMPL_LOCK_H

#include "port/cpu.h"

struct spinlock {
    uint16_t next;
    uint16_t serving;
    uint16_t owner; /* CPU + 1; 0 when free */
    uint8_t level;
};

#define SPINLOCK(lock_level)  \
    {                         \
        .level = (lock_level) \
    }

/* Debug builds keep the held levels of each CPU and stop on a lock out of order; else these are empty. */
#ifdef PARVIS_DEBUG
void x86_lock_check(const struct spinlock *lock, bool nested);
void x86_lock_taken(const struct spinlock *lock);
void x86_lock_dropped(const struct spinlock *lock);
void x86_lock_paired(const struct spinlock *lock);
#else
static inline void x86_lock_check(const struct spinlock *lock, bool nested)
{
    (void)lock;
    (void)nested;
}

static inline void x86_lock_taken(const struct spinlock *lock)
{
    (void)lock;
}

static inline void x86_lock_dropped(const struct spinlock *lock)
{
    (void)lock;
}

static inline void x86_lock_paired(const struct spinlock *lock)
{
    (void)lock;
}
#endif

static inline void lock_init(struct spinlock *lock, enum lock_level level)
{
    *lock = (struct spinlock){.level = (uint8_t)level};
}

static inline struct lock_token x86_lock_wait(struct spinlock *lock)
{
    uint16_t mine = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

    /* Pairs with the release in lock_release. */
    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != mine) {
        port_cpu_relax();
    }
    lock->owner = (uint16_t)(port_cpu_id() + 1);
    x86_lock_taken(lock);
    return (struct lock_token){lock};
}

static inline struct lock_token lock_acquire(struct spinlock *lock)
{
    x86_lock_check(lock, false);
    return x86_lock_wait(lock);
}

static inline struct lock_token lock_acquire_nested(struct spinlock *lock)
{
    struct lock_token token;

    x86_lock_check(lock, true);
    token = x86_lock_wait(lock);
    x86_lock_paired(lock);
    return token;
}

static inline struct lock_token lock_try(struct spinlock *lock)
{
    uint16_t serving = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED), expected = serving;

    if (!__atomic_compare_exchange_n(&lock->next, &expected, (uint16_t)(serving + 1), false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return (struct lock_token){NULL};
    }
    lock->owner = (uint16_t)(port_cpu_id() + 1);
    x86_lock_taken(lock);
    return (struct lock_token){lock};
}

static inline void lock_release(struct lock_token token)
{
    struct spinlock *lock = token.lock;

    x86_lock_dropped(lock);
    lock->owner = 0;
    /* Pairs with the acquire in x86_lock_wait: what was written under the lock is seen by its next holder. */
    __atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
}

static inline bool lock_held(const struct spinlock *lock)
{
    return lock->owner == port_cpu_id() + 1;
}

#endif
