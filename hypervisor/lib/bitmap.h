/* SPDX-License-Identifier: MIT */
/* Bits in arrays of 64-bit words; not atomic (port/atomic.h has those that are). */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include "lib/types.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_test(const uint64_t *words, size_t bit)
{
    return words[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(uint64_t *words, size_t bit)
{
    words[bit / 64] |= 1ull << (bit % 64);
}

static inline void bitmap_clear(uint64_t *words, size_t bit)
{
    words[bit / 64] &= ~(1ull << (bit % 64));
}

/* The first bit from start on, below size, that has the value; size if there is none. */
static inline size_t bitmap_find(const uint64_t *words, size_t size, size_t start, bool value)
{
    for (size_t bit = start; bit < size; bit = (bit / 64 + 1) * 64) {
        uint64_t word = value ? words[bit / 64] : ~words[bit / 64];

        word &= ~0ull << (bit % 64);
        if (word != 0) {
            size_t found = bit / 64 * 64 + (size_t)__builtin_ctzll(word);

            return found < size ? found : size;
        }
    }
    return size;
}

static inline size_t bitmap_find_set(const uint64_t *words, size_t size, size_t start)
{
    return bitmap_find(words, size, start, true);
}

static inline size_t bitmap_find_clear(const uint64_t *words, size_t size, size_t start)
{
    return bitmap_find(words, size, start, false);
}

#endif
