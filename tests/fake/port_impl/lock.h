/* SPDX-License-Identifier: MIT */
/* port/lock.h on the tests' machine: every lock checks the order of levels and its owner. */
#ifndef PORT_IMPL_LOCK_H
#define PORT_IMPL_LOCK_H

struct spinlock {
    unsigned int level;
    uint32_t owner; /* CPU + 1; 0: free */
};

#define SPINLOCK(lock_level)  \
    {                         \
        .level = (lock_level) \
    }

/* They stop the test for a lock out of order, one that this CPU holds already, or a release of one that it
 * does not hold. */
void fake_lock_acquire(struct spinlock *lock, bool nested);
bool fake_lock_try(struct spinlock *lock);
void fake_lock_release(struct spinlock *lock);
bool fake_lock_held(const struct spinlock *lock);

static inline void lock_init(struct spinlock *lock, enum lock_level level)
{
    *lock = (struct spinlock){.level = level};
}

static inline struct lock_token lock_acquire(struct spinlock *lock)
{
    fake_lock_acquire(lock, false);
    return (struct lock_token){lock};
}

static inline struct lock_token lock_acquire_nested(struct spinlock *lock)
{
    fake_lock_acquire(lock, true);
    return (struct lock_token){lock};
}

static inline struct lock_token lock_try(struct spinlock *lock)
{
    return (struct lock_token){fake_lock_try(lock) ? lock : NULL};
}

static inline void lock_release(struct lock_token token)
{
    fake_lock_release(token.lock);
}

static inline bool lock_held(const struct spinlock *lock)
{
    return fake_lock_held(lock);
}

#endif
