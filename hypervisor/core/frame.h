/* SPDX-License-Identifier: MIT */
/*
 * The table of frames: for every frame of RAM its owner, references and type.
 *
 * A frame is free (in frame_alloc's lists), the hypervisor's own, or owned by a domain. The references of an
 * owned frame keep it: one for being allocated to its owner (FRAME_ALLOCATED), one for each present L1 entry
 * that maps it, one with each type reference that is held, and those that the hypervisor takes while it
 * works. Whoever drops the last one gives the frame back. Owner, flags and count are one word, so that a
 * reference is taken only from the expected owner.
 *
 * The type word belongs to core/page_type.c (while the frame is owned), frame_alloc.c (free) or heap.c (the
 * hypervisor's).
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "core/frame_alloc.h"
#include "lib/nospec.h"
#include "lib/types.h"
#include "port/atomic.h"
#include "port/map.h"
#include "pvabi/xen.h"

struct domain;

struct frame {
    uint64_t refs;       /* FRAME_*: references, owner, flags; atomic */
    uint64_t type;       /* see core/page_type.h; atomic */
    uint32_t next, prev; /* in a list of the owner or of free frames; 0: none */
};

_Static_assert(sizeof(struct frame) == 24, "the frame table must stay within its budget");

#define FRAME_COUNT_MASK 0xffffffffull
#define FRAME_COUNT_MAX \
    0x7fffffffull /* frame_get fails there; the hypervisor's own further references still fit */
#define FRAME_OWNER_SHIFT 32
#define FRAME_OWNER_MASK  (0xffffull << FRAME_OWNER_SHIFT)
#define FRAME_ALLOCATED   (1ull << 48) /* the owner's own reference is there */
#define FRAME_HV          (1ull << 49) /* the hypervisor's memory; with an owner: shared with that domain */
#define FRAME_FOREIGN     (1ull << 50) /* was mapped writable by another domain than its owner */
#define FRAME_UNCACHED    (1ull << 51) /* was mapped with another cache attribute than write-back */
#define FRAME_FREE_HEAD   (1ull << 52) /* the first frame of a free block */
#define FRAME_FREE        (1ull << 53) /* in a free block */
#define FRAME_DIRTY       (1ull << 54) /* free, with somebody's content */
#define FRAME_STAMPED     (1ull << 55) /* free, with a flush clock in its type word: translations may be left */

/* Frames below are firmware's: treated as I/O memory even where they are RAM. */
#define FRAME_LOW_MIB 0x100u

extern struct frame *frame_table;
extern uint64_t frame_table_count;
extern uint64_t frame_table_mask; /* the least power of two that is not below the count, less 1 */

/* Tells where the table is: zeroed, count entries. Once, at start of day, before anything else here. */
void frame_table_init(struct frame *table, uint64_t count);

/* The entry of a frame, NULL when the table does not cover the number. Any number may be asked about. */
static inline struct frame *frame_of(mfn_t m)
{
    if (UNLIKELY(m.n >= frame_table_count)) {
        return NULL;
    }
    return &frame_table[index_nospec(m.n, frame_table_count)];
}

/*
 * The entry of a frame that the table covers, as the caller knows: it was checked, or somebody refers to it.
 * A CPU that runs ahead of the check stays within twice the table.
 */
static inline struct frame *frame_known(mfn_t m)
{
    return &frame_table[m.n & frame_table_mask];
}

static inline mfn_t frame_number(const struct frame *f)
{
    return mfn((uint64_t)(f - frame_table));
}

/*
 * Whether a frame is I/O memory for guests: not RAM, or in the first MiB. Never changes for a frame; what
 * somebody refers to is RAM, so that the regions are searched seldom.
 */
static inline bool frame_is_io(mfn_t m)
{
    if (m.n < FRAME_LOW_MIB || m.n >= frame_table_count) {
        return true;
    }
    return (port_read_u64(&frame_known(m)->refs) & FRAME_COUNT_MASK) == 0 && !port_frame_is_ram(m);
}

/* Takes a reference if the frame is RAM that owner owns (and is not going away). False as well when the count
 * is full. */
bool frame_get(mfn_t m, const struct domain *owner) MUST_CHECK;

/* As frame_get for whoever the owner is, which is told; the owner lives as long as the reference. */
bool frame_get_any(mfn_t m, struct domain **owner) MUST_CHECK;

/* Another reference for a holder of one. */
void frame_ref(mfn_t m);

/* Drops a reference; the last one gives the frame back to its owner's account and the allocator. */
void frame_put(mfn_t m);

/* Owner of a frame that the caller has a reference to; NULL for the hypervisor's own and free frames. */
struct domain *frame_owner(mfn_t m);

/* Sets flags (FRAME_FOREIGN, FRAME_UNCACHED) of a frame that the caller has a reference to. */
void frame_flag(mfn_t m, uint64_t flags);

#endif
