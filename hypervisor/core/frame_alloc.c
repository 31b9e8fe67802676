/* SPDX-License-Identifier: MIT */
/*
 * The buddy allocator of frames.
 *
 * A free block of order n is aligned to its size; its first frame is marked FRAME_FREE_HEAD, keeps the order
 * in the low half of its type word and is linked in the list of its zone, order and cleanliness. All of its
 * frames are marked FRAME_FREE; the high half of each type word keeps the flush clock of the moment when it
 * was freed. A block joins its buddy when both are equally clean. A zone holds the frames whose number has
 * the same highest bit; no block spans two.
 */
#include "core/frame_alloc.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "port/cpu.h"
#include "port/lock.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define ZONE_COUNT  33u /* numbers of frames fit in 32 bits: the links of struct frame */
#define ORDER_COUNT (FRAME_ORDER_MAX + 1)
#define SCRUB_ORDER 4u /* what one step of an idle CPU cleans */

static struct {
    struct spinlock lock;
    uint32_t head[ZONE_COUNT][2][ORDER_COUNT]; /* second index: dirty */
    uint64_t filled[ZONE_COUNT]; /* which lists are not empty: bit order, or 32 + order for dirty ones */
    uint64_t free, dirty, claimed;
    uint32_t scrubbing; /* atomic: a CPU is in frame_scrub_some */
} pool = {.lock = SPINLOCK(LOCK_FRAME_ALLOC)};

static unsigned int zone_of(uint64_t n)
{
    return n ? 64u - (unsigned int)__builtin_clzll(n) : 0;
}

static unsigned int block_order(const struct frame *f)
{
    return (unsigned int)(f->type & 0xff);
}

static void block_push(uint64_t n, unsigned int order, bool dirty)
{
    struct frame *f = &frame_table[n];
    unsigned int zone = zone_of(n);
    uint32_t *head = &pool.head[zone][dirty][order];

    f->type = (f->type & PAGE_TYPE_AUX_MASK) | order;
    port_or_u64(&f->refs, FRAME_FREE_HEAD);
    f->prev = 0;
    f->next = *head;
    if (*head) {
        frame_table[*head].prev = (uint32_t)n;
    }
    *head = (uint32_t)n;
    pool.filled[zone] |= 1ull << (order + (dirty ? 32 : 0));
}

static void block_unlink(uint64_t n, unsigned int order, bool dirty)
{
    struct frame *f = &frame_table[n];
    unsigned int zone = zone_of(n);

    if (f->next) {
        frame_table[f->next].prev = f->prev;
    }
    if (f->prev) {
        frame_table[f->prev].next = f->next;
    } else {
        pool.head[zone][dirty][order] = f->next;
    }
    if (!pool.head[zone][dirty][order]) {
        pool.filled[zone] &= ~(1ull << (order + (dirty ? 32 : 0)));
    }
    f->next = f->prev = 0;
    port_and_u64(&f->refs, ~FRAME_FREE_HEAD);
}

/* Adds a block whose frames are marked already, joining it with its buddies. Under the lock. */
static void block_insert(uint64_t n, unsigned int order, bool dirty)
{
    uint64_t wanted = FRAME_FREE | FRAME_FREE_HEAD | (dirty ? FRAME_DIRTY : 0);

    pool.free += 1ull << order;
    pool.dirty += dirty ? 1ull << order : 0;
    for (; order < FRAME_ORDER_MAX; order++) {
        uint64_t buddy = n ^ 1ull << order;
        struct frame *f = &frame_table[buddy];

        if (buddy == 0 || (n & buddy) == 0 || buddy + (1ull << order) > frame_table_count ||
            (port_read_u64(&f->refs) & (FRAME_FREE | FRAME_FREE_HEAD | FRAME_DIRTY)) != wanted ||
            block_order(f) != order) {
            break;
        }
        block_unlink(buddy, order, dirty);
        n &= buddy;
    }
    block_push(n, order, dirty);
}

/* Takes a block out of the lists and splits off what is too much. Under the lock. */
static uint64_t block_take(unsigned int zone, unsigned int list_bit, unsigned int order)
{
    bool dirty = list_bit >= 32;
    unsigned int have = list_bit % 32;
    uint64_t n = pool.head[zone][dirty][have];

    block_unlink(n, have, dirty);
    while (have > order) {
        have--;
        block_push(n + (1ull << have), have, dirty);
    }
    pool.free -= 1ull << order;
    pool.dirty -= dirty ? 1ull << order : 0;
    return n;
}

/* The best block: from the highest zone that may be, clean before dirty, small before large. 0: none. Under
 * the lock. */
static uint64_t block_find(unsigned int order, unsigned int zone_limit)
{
    uint64_t fitting = (~0ull << order & 0xffffffffull) | ~0ull << (order + 32);

    for (unsigned int zone = zone_limit; zone-- > 0;) {
        uint64_t lists = pool.filled[zone] & fitting;

        if (lists) {
            return block_take(zone, (unsigned int)__builtin_ctzll(lists), order);
        }
    }
    return 0;
}

/* The claims of others must stay coverable; one's own claim is used up. Under the lock. */
static bool claim_allows(const struct domain *claimer, uint64_t count)
{
    uint64_t own = claimer ? claimer->mm.claimed : 0;

    return pool.free >= count && pool.free - count >= pool.claimed - MIN(own, pool.claimed);
}

static void claim_use(struct domain *claimer, uint64_t count)
{
    if (claimer && claimer->mm.claimed) {
        uint64_t used = MIN(claimer->mm.claimed, count);

        claimer->mm.claimed -= used;
        pool.claimed -= used;
    }
}

static uint64_t block_alloc(unsigned int order, unsigned int zone_limit, struct domain *claimer)
{
    struct lock_token token = lock_acquire(&pool.lock);
    uint64_t n = 0;

    if (claim_allows(claimer, 1ull << order)) {
        n = block_find(order, zone_limit);
        if (n) {
            claim_use(claimer, 1ull << order);
        }
    }
    lock_release(token);
    return n;
}

/* Makes a block that was taken fit for use: no stale translation to it anywhere, cleaned if asked, its
 * entries reset. */
static void block_prepare(uint64_t first, unsigned int order, bool zeroed)
{
    struct cpumask stale = CPUMASK_NONE, online = port_cpus_online();

    for (uint64_t n = first; n < first + (1ull << order); n++) {
        struct frame *f = &frame_table[n];

        if (f->refs & FRAME_STAMPED) {
            stale = cpumask_or(stale, port_tlb_stale(online, page_type_stamp(f->type)));
        }
        if (zeroed && f->refs & FRAME_DIRTY) {
            port_clear_frame(mfn(n));
        }
        port_write_u64(&f->refs, 0);
        port_write_u64(&f->type, 0);
    }
    if (!cpumask_empty(stale)) {
        port_tlb_flush_all(stale);
    }
}

mfn_t frame_alloc(unsigned int order, unsigned int address_bits, struct domain *claimer, bool zeroed)
{
    unsigned int zone_limit = ZONE_COUNT;
    uint64_t n;

    if (order > FRAME_ORDER_MAX) {
        return MFN_INVALID;
    }
    if (address_bits != 0 && address_bits < ZONE_COUNT + PAGE_SHIFT - 1) {
        zone_limit = address_bits > PAGE_SHIFT ? address_bits - PAGE_SHIFT + 1 : 0;
    }
    n = block_alloc(order, zone_limit, claimer);
    if (n == 0) {
        return MFN_INVALID;
    }
    block_prepare(n, order, zeroed);
    return mfn(n);
}

static void block_free(uint64_t first, unsigned int order, uint64_t flags, uint32_t stamp)
{
    struct lock_token token;

    for (uint64_t n = first; n < first + (1ull << order); n++) {
        frame_table[n].type = page_type_stamped(stamp);
        frame_table[n].next = frame_table[n].prev = 0;
        port_write_u64(&frame_table[n].refs, FRAME_FREE | flags);
    }
    token = lock_acquire(&pool.lock);
    block_insert(first, order, flags & FRAME_DIRTY);
    lock_release(token);
}

void frame_free(mfn_t first, unsigned int order, bool translated)
{
    block_free(first.n, order, FRAME_DIRTY | (translated ? FRAME_STAMPED : 0),
               translated ? port_tlb_clock() : 0);
}

mfn_t frame_alloc_hv(unsigned int order)
{
    mfn_t first = frame_alloc(order, 0, NULL, false);

    if (mfn_valid_number(first)) {
        for (uint64_t i = 0; i < 1ull << order; i++) {
            port_write_u64(&frame_table[first.n + i].refs, FRAME_HV);
        }
    }
    return first;
}

void frame_free_hv(mfn_t first, unsigned int order)
{
    frame_free(first, order, false);
}

void frame_add_free(mfn_t first, uint64_t count)
{
    uint64_t n = MAX(first.n, FRAME_LOW_MIB), end = MIN(first.n + count, frame_table_count);

    while (n < end) {
        unsigned int order = MIN((unsigned int)__builtin_ctzll(n), FRAME_ORDER_MAX);

        while (n + (1ull << order) > end) {
            order--;
        }
        block_free(n, order, FRAME_DIRTY, 0);
        n += 1ull << order;
    }
}

/* A dirty block of at most SCRUB_ORDER; 0 if there is none. */
static uint64_t dirty_take(unsigned int *order)
{
    struct lock_token token = lock_acquire(&pool.lock);
    uint64_t n = 0;

    for (unsigned int zone = ZONE_COUNT; n == 0 && zone-- > 0;) {
        uint64_t lists = pool.filled[zone] >> 32;

        if (lists) {
            unsigned int have = (unsigned int)__builtin_ctzll(lists);

            *order = MIN(have, SCRUB_ORDER);
            n = block_take(zone, 32 + have, *order);
        }
    }
    lock_release(token);
    return n;
}

static bool scrub_block(void)
{
    unsigned int order = 0;
    uint64_t first = dirty_take(&order);
    struct lock_token token;

    if (first == 0) {
        return false;
    }
    /* Translations that are left are to be flushed before the frame is used, whether it is clean or not:
     * stamps stay. */
    for (uint64_t n = first; n < first + (1ull << order); n++) {
        port_clear_frame(mfn(n));
        port_and_u64(&frame_table[n].refs, ~FRAME_DIRTY);
    }
    token = lock_acquire(&pool.lock);
    block_insert(first, order, false);
    lock_release(token);
    return frame_dirty_count() != 0;
}

/* One CPU at a time: many idle ones would only keep the lock from those that have work to do. */
bool frame_scrub_some(void)
{
    bool more;

    if (frame_dirty_count() == 0 || port_swap_u32(&pool.scrubbing, 1)) {
        return false;
    }
    more = scrub_block();
    port_write_release_u32(&pool.scrubbing, 0);
    return more;
}

uint64_t frame_free_count(void)
{
    return port_read_u64(&pool.free);
}

uint64_t frame_dirty_count(void)
{
    return port_read_u64(&pool.dirty);
}

uint64_t frame_claimed_count(void)
{
    return port_read_u64(&pool.claimed);
}

static int claim_set(struct domain *d, uint64_t pages)
{
    uint64_t owned = port_read_u64(&d->mm.frame_count);

    if (pages == 0) {
        pool.claimed -= d->mm.claimed;
        d->mm.claimed = 0;
        return 0;
    }
    if (d->life != DOMAIN_ALIVE || d->mm.claimed != 0 || pages <= owned || pages > d->mm.frame_max) {
        return -XEN_EINVAL;
    }
    if (pages - owned > pool.free - pool.claimed) {
        return -XEN_ENOMEM;
    }
    d->mm.claimed = pages - owned;
    pool.claimed += d->mm.claimed;
    return 0;
}

int frame_claim(struct domain *d, uint64_t pages)
{
    struct lock_token token = lock_acquire(&pool.lock);
    int rc = claim_set(d, pages);

    lock_release(token);
    return rc;
}
