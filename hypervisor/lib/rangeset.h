/* SPDX-License-Identifier: MIT */
/*
 * Sets of numbers kept as ranges with both ends included: I/O ports, frames and interrupts that a domain may
 * use. The ranges are sorted and never touch each other. The storage is the caller's and fixed; so is the
 * lock.
 */
#ifndef LIB_RANGESET_H
#define LIB_RANGESET_H

#include "lib/types.h"

struct range {
    uint64_t first, last;
};

struct rangeset {
    struct range *ranges;
    uint32_t count, capacity;
};

/* An empty set over the caller's storage. */
void rangeset_init(struct rangeset *set, struct range *storage, uint32_t capacity);

/*
 * Adds or removes first..last. 0, -XEN_EINVAL for first > last, or -XEN_ENOSPC and nothing changed when the
 * storage is full.
 */
int rangeset_add(struct rangeset *set, uint64_t first, uint64_t last) MUST_CHECK;
int rangeset_remove(struct rangeset *set, uint64_t first, uint64_t last) MUST_CHECK;

/* Whether all of, or any of, first..last is in the set. False for first > last. */
bool rangeset_contains(const struct rangeset *set, uint64_t first, uint64_t last);
bool rangeset_overlaps(const struct rangeset *set, uint64_t first, uint64_t last);

static inline bool rangeset_empty(const struct rangeset *set)
{
    return set->count == 0;
}

/* Makes set equal to other; -XEN_ENOSPC and nothing changed when it does not fit. */
int rangeset_copy(struct rangeset *set, const struct rangeset *other) MUST_CHECK;

#endif
