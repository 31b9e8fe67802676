/* SPDX-License-Identifier: MIT */
/* A set of physical CPUs. One word is enough for CPU_MAX; only these functions know that. */
#ifndef LIB_CPUMASK_H
#define LIB_CPUMASK_H

#include "lib/types.h"

#define CPU_MAX 64u

struct cpumask {
    uint64_t bits;
};

#define CPUMASK_NONE ((struct cpumask){0})

static inline struct cpumask cpumask_of(unsigned int cpu)
{
    return (struct cpumask){1ull << cpu};
}

static inline struct cpumask cpumask_first_n(unsigned int count)
{
    return (struct cpumask){count >= 64 ? ~0ull : (1ull << count) - 1};
}

static inline bool cpumask_has(struct cpumask m, unsigned int cpu)
{
    return m.bits >> cpu & 1;
}

static inline bool cpumask_empty(struct cpumask m)
{
    return m.bits == 0;
}

static inline struct cpumask cpumask_with(struct cpumask m, unsigned int cpu)
{
    return (struct cpumask){m.bits | 1ull << cpu};
}

static inline struct cpumask cpumask_without(struct cpumask m, unsigned int cpu)
{
    return (struct cpumask){m.bits & ~(1ull << cpu)};
}

static inline struct cpumask cpumask_and(struct cpumask a, struct cpumask b)
{
    return (struct cpumask){a.bits & b.bits};
}

static inline struct cpumask cpumask_or(struct cpumask a, struct cpumask b)
{
    return (struct cpumask){a.bits | b.bits};
}

static inline unsigned int cpumask_count(struct cpumask m)
{
    unsigned int count = 0;

    /* No builtin: without POPCNT it would call a library that is not there. */
    for (; m.bits != 0; m.bits &= m.bits - 1) {
        count++;
    }
    return count;
}

/* The lowest CPU of a set that is not empty. */
static inline unsigned int cpumask_first(struct cpumask m)
{
    return (unsigned int)__builtin_ctzll(m.bits);
}

#define CPUMASK_FOR_EACH(cpu, mask)                                                                                    \
    for (uint64_t left_##cpu = (mask).bits, cpu; left_##cpu != 0 && (cpu = (uint64_t)__builtin_ctzll(left_##cpu), 1);  \
         left_##cpu &= left_##cpu - 1)

#endif
