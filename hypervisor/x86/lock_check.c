/* SPDX-License-Identifier: MIT */
/* Debug builds: each CPU knows the levels of the locks that it holds, and stops at one out of order. */
#include "port/lock.h"

#ifdef PARVIS_DEBUG
void x86_lock_check(const struct spinlock *lock, bool nested)
{
    uint64_t held = x86_this_cpu()->lock_levels, level = 1ull << lock->level;
    /* A second lock of the same level is right only for lock_acquire_both. */
    uint64_t forbidden = nested ? ~((level << 1) - 1) : ~(level - 1);

    if (held & forbidden) {
        port_panic("lock of level %u wanted with levels %#llx held", lock->level, (unsigned long long)held);
    }
}

void x86_lock_taken(const struct spinlock *lock)
{
    x86_this_cpu()->lock_levels |= 1ull << lock->level;
}

/* Of two locks of one level the second is released first, and the level stays until the first is too. */
void x86_lock_dropped(const struct spinlock *lock)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (cpu->lock_pairs >> lock->level & 1) {
        cpu->lock_pairs &= ~(1ull << lock->level);
    } else {
        cpu->lock_levels &= ~(1ull << lock->level);
    }
}

void x86_lock_paired(const struct spinlock *lock)
{
    x86_this_cpu()->lock_pairs |= 1ull << lock->level;
}
#endif
