/* SPDX-License-Identifier: MIT */
/* Frames of I/O memory that no domain may write. Few ranges, changed seldom, asked for mappings of I/O memory only. */
#include "core/mmio_ro.h"

#include "port/lock.h"
#include "pvabi/errno.h"

#define RANGES_MAX 128u

struct mmio_range {
    uint64_t first, last;
    unsigned int users; /* 0: free */
};

static struct mmio_range ranges[RANGES_MAX];
static unsigned int range_end; /* one more than the highest index that was ever in use */
static struct spinlock mmio_lock = SPINLOCK(LOCK_MMIO_RO);

/* Needs mmio_lock. The range, or a free place; NULL: there is none. */
static struct mmio_range *find(uint64_t first, uint64_t last)
{
    struct mmio_range *free_place = range_end < RANGES_MAX ? &ranges[range_end] : NULL;

    for (unsigned int i = 0; i < range_end; i++) {
        if (ranges[i].users == 0) {
            free_place = &ranges[i];
        } else if (ranges[i].first == first && ranges[i].last == last) {
            return &ranges[i];
        }
    }
    return free_place;
}

int mmio_ro_add(uint64_t first, uint64_t last)
{
    struct lock_token token = lock_acquire(&mmio_lock);
    struct mmio_range *range = find(first, last);

    if (range) {
        *range = (struct mmio_range){first, last, range->users + 1};
        range_end = MAX(range_end, (unsigned int)(range - ranges) + 1);
    }
    lock_release(token);
    return range ? 0 : -XEN_ENOSPC;
}

void mmio_ro_remove(uint64_t first, uint64_t last)
{
    struct lock_token token = lock_acquire(&mmio_lock);
    struct mmio_range *range = find(first, last);

    if (range && range->users) {
        range->users--;
    }
    lock_release(token);
}

bool mmio_ro_contains(mfn_t m)
{
    struct lock_token token = lock_acquire(&mmio_lock);
    bool found = false;

    for (unsigned int i = 0; i < range_end && !found; i++) {
        found = ranges[i].users && m.n >= ranges[i].first && m.n <= ranges[i].last;
    }
    lock_release(token);
    return found;
}
