/* SPDX-License-Identifier: MIT */
/* Arithmetic that says when it overflows. Each puts the result into *result and returns whether it is right. */
#ifndef LIB_OVERFLOW_H
#define LIB_OVERFLOW_H

#include "lib/types.h"

static inline MUST_CHECK bool checked_add(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline MUST_CHECK bool checked_sub(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_sub_overflow(a, b, result);
}

static inline MUST_CHECK bool checked_mul(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

/* Whether [start, start + length) lies in [0, limit). */
static inline bool range_fits(uint64_t start, uint64_t length, uint64_t limit)
{
    return start <= limit && length <= limit - start;
}

#endif
