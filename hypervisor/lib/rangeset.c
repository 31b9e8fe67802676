/* SPDX-License-Identifier: MIT */
/* Sets of numbers as sorted ranges in storage of the caller's. */
#include "lib/rangeset.h"

#include "lib/string.h"
#include "pvabi/errno.h"

void rangeset_init(struct rangeset *set, struct range *storage, uint32_t capacity)
{
    *set = (struct rangeset){storage, 0, capacity};
}

/* The first range that ends at or after the number; count if none does. */
static uint32_t rangeset_find(const struct rangeset *set, uint64_t number)
{
    uint32_t low = 0, high = set->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (set->ranges[middle].last < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Replaces the ranges from..to-1 by the given ones (at most two); the space was checked. */
static void rangeset_replace(struct rangeset *set, uint32_t from, uint32_t to, const struct range *by,
                             uint32_t count)
{
    memmove(&set->ranges[from + count], &set->ranges[to], (set->count - to) * sizeof(*by));
    if (count > 0) {
        memcpy(&set->ranges[from], by, count * sizeof(*by));
    }
    set->count = set->count - (to - from) + count;
}

int rangeset_add(struct rangeset *set, uint64_t first, uint64_t last)
{
    struct range merged = {first, last};
    uint32_t from, to;

    if (first > last) {
        return -XEN_EINVAL;
    }
    from = rangeset_find(set, first == 0 ? 0 : first - 1); /* one that only touches is merged too */
    for (to = from; to < set->count && (last == UINT64_MAX || set->ranges[to].first <= last + 1); to++) {
        merged.first = MIN(merged.first, set->ranges[to].first);
        merged.last = MAX(merged.last, set->ranges[to].last);
    }
    if (from == to && set->count == set->capacity) {
        return -XEN_ENOSPC;
    }
    rangeset_replace(set, from, to, &merged, 1);
    return 0;
}

int rangeset_remove(struct rangeset *set, uint64_t first, uint64_t last)
{
    struct range rest[2];
    uint32_t from, to, count = 0;

    if (first > last) {
        return -XEN_EINVAL;
    }
    from = rangeset_find(set, first);
    for (to = from; to < set->count && set->ranges[to].first <= last; to++) {
        if (set->ranges[to].first < first) {
            rest[count++] = (struct range){set->ranges[to].first, first - 1};
        }
        if (set->ranges[to].last > last) {
            rest[count++] = (struct range){last + 1, set->ranges[to].last};
        }
    }
    if (set->count - (to - from) + count > set->capacity) {
        return -XEN_ENOSPC;
    }
    rangeset_replace(set, from, to, rest, count);
    return 0;
}

bool rangeset_contains(const struct rangeset *set, uint64_t first, uint64_t last)
{
    uint32_t at = rangeset_find(set, first);

    return first <= last && at < set->count && set->ranges[at].first <= first && set->ranges[at].last >= last;
}

bool rangeset_overlaps(const struct rangeset *set, uint64_t first, uint64_t last)
{
    uint32_t at = rangeset_find(set, first);

    return first <= last && at < set->count && set->ranges[at].first <= last;
}

int rangeset_copy(struct rangeset *set, const struct rangeset *other)
{
    if (other->count > set->capacity) {
        return -XEN_ENOSPC;
    }
    if (other->count > 0) {
        memcpy(set->ranges, other->ranges, other->count * sizeof(*set->ranges));
    }
    set->count = other->count;
    return 0;
}
