/* SPDX-License-Identifier: MIT */
/* Ranges of addresses in a sorted list. */
#include "lib/extents.h"
#include "lib/string.h"

bool extents_add(struct extents *list, uint64_t start, uint64_t end)
{
    unsigned int first = 0, after;

    if (start >= end) {
        return true;
    }
    while (first < list->count && list->items[first].end < start) {
        first++;
    }
    for (after = first; after < list->count && list->items[after].start <= end; after++) {
        start = MIN(start, list->items[after].start);
        end = MAX(end, list->items[after].end);
    }
    if (after == first && list->count == EXTENTS_MAX) {
        return false;
    }
    memmove(&list->items[first + 1], &list->items[after], (list->count - after) * sizeof(list->items[0]));
    list->items[first] = (struct extent){start, end};
    list->count = list->count - (after - first) + 1;
    return true;
}

uint64_t extents_place(const struct extents *list, uint64_t start, uint64_t end, uint64_t length,
                       uint64_t align)
{
    for (unsigned int i = list->count;; i--) {
        uint64_t low = i > 0 ? MAX(start, list->items[i - 1].end) : start;
        uint64_t high = i < list->count ? MIN(end, list->items[i].start) : end;

        if (high > low && high - low >= length && ((high - length) & ~(align - 1)) >= low) {
            return (high - length) & ~(align - 1);
        }
        if (i == 0) {
            return 0;
        }
    }
}
