/* SPDX-License-Identifier: MIT */
/*
 * Clamps an index that a guest controls, so that a CPU that runs ahead of the check reads nothing outside the
 * array.
 */
#ifndef LIB_NOSPEC_H
#define LIB_NOSPEC_H

#include "lib/types.h"

/*
 * index if it is below size, else 0: by arithmetic only, so that no branch can be predicted past it. Check
 * before.
 */
static inline uint64_t index_nospec(uint64_t index, uint64_t size)
{
    uint64_t mask;

    /* The compiler may not know the value, or it would turn the arithmetic back into the branch it replaces. */
    __asm__("" : "+r"(index));
    /* The top bit is set exactly if index < size, for sizes up to 2^63. */
    mask = (uint64_t)((int64_t) ~(index | (size - 1 - index)) >> 63);
    return index & mask;
}

#endif
