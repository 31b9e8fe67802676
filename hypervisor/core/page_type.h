/* SPDX-License-Identifier: MIT */
/*
 * Types of frames: the isolation between guests stands on this.
 *
 * An owned frame has one type with a count of those who use it so: a writable mapping, a page table of a
 * level, a page of descriptors. Its type changes only while the count is 0, so that a frame is never writable
 * and a table at once. A table or a page of descriptors is validated when its count leaves 0; a table that is
 * validated holds references to all that it maps, and is devalidated when its count comes back to 0. Whoever
 * holds a type reference holds a frame reference too.
 *
 * The type word:
 *   bits 0-23   count
 *   bits 24-26  type (enum frame_type); of a frame with count 0: the one that it had last
 *   VALIDATED   the content obeys the type; new users only count
 *   PARTIAL     a table whose validation or devalidation stopped half-way: entries below aux hold references
 *   UNDO        with PARTIAL: the validation has failed and what was taken is being given back
 *   PINNED      the guest has pinned the table: that is one of the count
 *   LOCKED      one CPU changes an entry of the table
 *   bits 32-41  of PARTIAL, how many entries hold references
 *   bits 42-63  while in use or PARTIAL: how many entries of this table point at other tables of its level, or,
 *               negative, how many such entries point at it
 *   bits 32-63  of count 0 and not PARTIAL: the flush clock when the count came to 0
 *
 * A table that is none of VALIDATED and PARTIAL but has a count is being worked on by one CPU; others wait
 * for it. That ends: who works on a table waits only for tables of lower levels, and holds no table's lock.
 * Of a PARTIAL table the count is 0 when validation stopped (the PARTIAL mark then owns a frame reference),
 * or 1 when devalidation did: who wanted to drop that last reference keeps it and has to come again. Either
 * may be resumed by anybody.
 *
 * Linear page tables: an entry above level 1 may point, read-only, at a table of its own level. At its own
 * table it holds nothing; at another one, which must be validated already, what an entry to the level below
 * holds. A table has either such entries or is pointed at by them, never both: so there are no cycles, and no
 * long chains to work off.
 */
#ifndef CORE_PAGE_TYPE_H
#define CORE_PAGE_TYPE_H

#include "core/frame.h"
#include "lib/types.h"

struct domain;

enum frame_type {
    FRAME_NONE,
    FRAME_WRITABLE,
    FRAME_L1,
    FRAME_L2,
    FRAME_L3,
    FRAME_L4,
    FRAME_SEGDESC,
};

#define PAGE_TYPE_COUNT_MASK 0xffffffull
#define PAGE_TYPE_SHIFT      24
#define PAGE_TYPE_MASK       (7ull << PAGE_TYPE_SHIFT)
#define PAGE_TYPE_VALIDATED  (1ull << 27)
#define PAGE_TYPE_PARTIAL    (1ull << 28)
#define PAGE_TYPE_UNDO       (1ull << 29)
#define PAGE_TYPE_PINNED     (1ull << 30)
#define PAGE_TYPE_LOCKED     (1ull << 31)
#define PAGE_TYPE_AUX_SHIFT  32
#define PAGE_TYPE_AUX_MASK   (0xffffffffull << PAGE_TYPE_AUX_SHIFT)

#define PAGE_TYPE_DONE_SHIFT   32
#define PAGE_TYPE_DONE_MASK    0x3ffull
#define PAGE_TYPE_LINEAR_SHIFT 42
#define PAGE_TYPE_LINEAR_ONE   (1ull << PAGE_TYPE_LINEAR_SHIFT)
#define PAGE_TYPE_LINEAR_MASK  (~0ull << PAGE_TYPE_LINEAR_SHIFT)
#define PAGE_TYPE_LINEAR_MAX   0x1fffff

static inline uint64_t page_type_bits(enum frame_type type)
{
    return (uint64_t)type << PAGE_TYPE_SHIFT;
}

static inline enum frame_type page_type_of(uint64_t word)
{
    return (enum frame_type)((word & PAGE_TYPE_MASK) >> PAGE_TYPE_SHIFT);
}

/* Of a PARTIAL table: entries below this hold references. */
static inline unsigned int page_type_done(uint64_t word)
{
    return (unsigned int)(word >> PAGE_TYPE_DONE_SHIFT & PAGE_TYPE_DONE_MASK);
}

/* Of a table in use or PARTIAL: entries to others of its level, or -entries of others to it. */
static inline int page_type_linear(uint64_t word)
{
    return (int)((int64_t)word >> PAGE_TYPE_LINEAR_SHIFT);
}

/* The flush clock of a frame that is not in use. */
static inline uint32_t page_type_stamp(uint64_t word)
{
    return (uint32_t)(word >> PAGE_TYPE_AUX_SHIFT);
}

/* The word of a frame of no type with this flush clock. */
static inline uint64_t page_type_stamped(uint32_t stamp)
{
    return (uint64_t)stamp << PAGE_TYPE_AUX_SHIFT;
}

static inline bool page_type_is_table(enum frame_type type)
{
    return type >= FRAME_L1 && type <= FRAME_L4;
}

/* 1 to 4 for a table, and back. */
static inline unsigned int page_type_level(enum frame_type type)
{
    return (unsigned int)type - FRAME_L1 + 1;
}

static inline enum frame_type page_type_table(unsigned int level)
{
    return (enum frame_type)(FRAME_L1 + level - 1);
}

/*
 * Takes a type reference; the caller holds a frame reference, that the type reference goes with from then on.
 * 0; -XEN_EINVAL when the frame has another type or a count is full; for a table or descriptors that break a
 * rule -XEN_EINVAL or the error of the entry (core/pte.h); -XEN_ERESTART (levels 2 to 4 only, no lock may be
 * held for these) when preempted: nothing was taken, progress was made, call again.
 */
int frame_get_type(mfn_t m, enum frame_type type) MUST_CHECK;

/* Drops a type reference of a writable frame, a page of descriptors or a level-1 table. */
void frame_put_type(mfn_t m);

/* As frame_put_type for any type; -XEN_ERESTART: preempted, the caller still has the reference. */
int frame_put_type_preemptible(mfn_t m) MUST_CHECK;

/* A frame reference from owner together with a type reference: 0, -XEN_EINVAL or -XEN_ERESTART; and dropping
 * both. */
int frame_get_with_type(mfn_t m, const struct domain *owner, enum frame_type type) MUST_CHECK;
void frame_put_with_type(mfn_t m);
int frame_put_with_type_preemptible(mfn_t m) MUST_CHECK;

/*
 * A linear entry of table to another table of its level. The caller keeps table as it is: by its lock, or it
 * validates or devalidates it. get takes a frame and a type reference of target: false when table is pointed
 * at by others, or target is no validated table of owner and the same level or has such entries itself.
 * frame_put_linear_preemptible gives these back, when the entry is gone or will be: 0 or -XEN_ERESTART; and
 * frame_forget_linear tells table that it has one less, once for each get.
 */
bool frame_get_linear(mfn_t table, mfn_t target, const struct domain *owner) MUST_CHECK;
int frame_put_linear_preemptible(mfn_t target) MUST_CHECK;
void frame_forget_linear(mfn_t table);

/* The type of a frame (that the table of frames covers) now; it may change at once unless the caller has a type
 * reference. */
static inline enum frame_type frame_type_now(mfn_t m)
{
    return page_type_of(port_read_u64(&frame_known(m)->type));
}

/* Whether anybody holds a type reference now. */
static inline bool frame_type_in_use(mfn_t m)
{
    return (port_read_u64(&frame_known(m)->type) & PAGE_TYPE_COUNT_MASK) != 0;
}

/* Whether there are several uses of a validated type, so that one more or less is short work. */
static inline bool frame_type_is_shared(mfn_t m)
{
    uint64_t word = port_read_u64(&frame_known(m)->type);

    return word & PAGE_TYPE_VALIDATED && (word & PAGE_TYPE_COUNT_MASK) > 1;
}

/*
 * Pins: marks the table pinned and keeps the caller's type and frame reference for that; false if it is
 * pinned already (the caller still has the references). Unpins: true if it was pinned, the references are the
 * caller's to drop.
 */
bool frame_pin(mfn_t m) MUST_CHECK;
bool frame_unpin(mfn_t m) MUST_CHECK;

/*
 * Locks a table for a change of an entry if it is a validated table: returns its level, 0 if it is none
 * (nothing locked). The caller holds a frame reference. While it is locked it stays a validated table; no
 * other lock below LOCK_PT may be taken.
 */
unsigned int frame_lock_table(mfn_t m) MUST_CHECK;
void frame_unlock_table(mfn_t m);

/* As frame_lock_table for a level-1 table of owner, without a reference to its frame: false if it is none. */
bool frame_lock_l1(mfn_t m, const struct domain *owner) MUST_CHECK;

/*
 * A table whose validation stopped half-way and was never resumed becomes a pinned one: frame_unpin and
 * frame_put_with_type_preemptible then end it. For the frames of a dying domain; no effect on others.
 */
void frame_adopt_partial(mfn_t m);

#endif
