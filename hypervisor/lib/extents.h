/* SPDX-License-Identifier: MIT */
/* A sorted list of ranges of addresses, in storage of its own, for the time before there is a heap. */
#ifndef LIB_EXTENTS_H
#define LIB_EXTENTS_H

#include "lib/types.h"

#define EXTENTS_MAX 32u

struct extent {
    uint64_t start, end;
};

/* Ascending; no two overlap or touch. */
struct extents {
    struct extent items[EXTENTS_MAX];
    unsigned int count;
};

/* Adds [start, end); what it overlaps or touches becomes one with it. False when there is no room. */
bool extents_add(struct extents *list, uint64_t start, uint64_t end) MUST_CHECK;

/*
 * The highest place of length bytes, at a multiple of align (a power of two), in [start, end) outside of the
 * list's ranges; 0 if there is none. length is not 0.
 */
uint64_t extents_place(const struct extents *list, uint64_t start, uint64_t end, uint64_t length,
                       uint64_t align);

#endif
