/* SPDX-License-Identifier: MIT */
/* Type references: the transitions of the type word. What a table's content must be is core/page_table.c's.
 */
#include "core/page_type.h"

#include "core/descriptor.h"
#include "core/domain.h"
#include "core/page_table.h"
#include "port/cpu.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

static volatile uint64_t *type_word(mfn_t m)
{
    return &frame_known(m)->type;
}

static uint64_t type_count(uint64_t word)
{
    return word & PAGE_TYPE_COUNT_MASK;
}

/* Some CPU works on the content: nothing is to be done but wait. */
static bool type_busy(uint64_t word)
{
    return type_count(word) != 0 && !(word & (PAGE_TYPE_VALIDATED | PAGE_TYPE_PARTIAL));
}

/* The word of a frame whose last user of the type has gone. */
static uint64_t type_idle(enum frame_type type)
{
    return page_type_bits(type) | (uint64_t)port_tlb_clock() << PAGE_TYPE_AUX_SHIFT;
}

/*
 * A frame begins to be used as another type than before: no CPU may keep a translation from then. That is the
 * owner's CPUs, and any if a foreigner had it writable. Called when the new type is in the word already, so
 * that nobody can get a translation of the old kind any more.
 */
static void type_flush(mfn_t m, uint64_t before)
{
    uint64_t refs = port_read_u64(&frame_known(m)->refs);
    struct domain *owner = frame_owner(m);
    struct cpumask cpus = port_cpus_online();

    if (owner && !(refs & FRAME_FOREIGN)) {
        cpus.bits = port_read_u64(&owner->dirty_cpus.bits);
    }
    cpus = port_tlb_stale(cpus, page_type_stamp(before));
    if (!cpumask_empty(cpus)) {
        port_tlb_flush_all(cpus);
    }
}

/* What the hypervisor reads through its own, cached, mapping must not lie past the caches. */
static void type_cache_flush(mfn_t m)
{
    if (port_read_u64(&frame_known(m)->refs) & FRAME_UNCACHED) {
        port_cache_flush_all();
    }
}

static int segdesc_validate(mfn_t m)
{
    uint64_t *entries = port_map_frame(m);
    bool good = descriptor_page_fix(entries);

    port_unmap_frame(entries);
    return good ? 0 : -XEN_EINVAL;
}

/*
 * Ends this CPU's work on a busy frame: nobody else changes the word meanwhile, but for the PINNED mark that
 * may be taken away. Pairs with the acquire reads of those who wait: what was done to the table comes before.
 */
static void type_publish(mfn_t m, uint64_t word)
{
    uint64_t keep = PAGE_TYPE_PINNED, now = port_read_u64(type_word(m));

    if (type_count(word) != 0 || word & PAGE_TYPE_PARTIAL) {
        keep |= PAGE_TYPE_LINEAR_MASK;
    }
    while (!port_cas_u64(type_word(m), &now, word | (now & keep))) {
    }
}

/*
 * The end of an attempt to take a reference: word is the busy one (this attempt counted in), resumed says
 * that the table was PARTIAL before. Writes the word that rc stands for and settles the frame reference that
 * a PARTIAL table of count 0 owns.
 */
static int type_get_finish(mfn_t m, uint64_t word, bool resumed, int rc, const struct page_table_work *work)
{
    uint64_t others = type_count(word) - 1, nr = (uint64_t)work->done << PAGE_TYPE_DONE_SHIFT;
    uint64_t type = word & PAGE_TYPE_MASK, undo = work->undo ? PAGE_TYPE_UNDO : 0;
    bool owned = resumed && others == 0, owns;

    if (rc == 0) {
        owns = false;
        word = type | (others + 1) | PAGE_TYPE_VALIDATED;
    } else if (rc == -XEN_ERESTART || others != 0) {
        owns = others == 0;
        word = type | others | PAGE_TYPE_PARTIAL | undo | nr;
    } else {
        owns = false;
        word = type_idle(page_type_of(word));
    }
    if (owns && !owned) {
        frame_ref(m);
    }
    type_publish(m, word);
    if (owned && !owns) {
        frame_put(m);
    }
    return rc;
}

/* Does the work of a first reference: before is the word that was found, word the busy one that was put
 * there. */
static int type_validate(mfn_t m, enum frame_type type, uint64_t before, uint64_t word)
{
    bool resumed = before & PAGE_TYPE_PARTIAL;
    struct page_table_work work = {.table = m, .level = page_type_level(type)};
    int rc = 0;

    if (!resumed && page_type_of(before) != FRAME_NONE && page_type_of(before) != type) {
        type_flush(m, before);
    }
    if (type != FRAME_WRITABLE) {
        type_cache_flush(m);
    }
    if (type == FRAME_SEGDESC) {
        rc = segdesc_validate(m);
    } else if (page_type_is_table(type)) {
        work.done = resumed ? page_type_done(before) : 0;
        work.undo = before & PAGE_TYPE_UNDO && resumed;
        work.may_undo = type_count(word) == 1;
        work.owner = frame_owner(m);
        rc = page_table_validate(&work);
    }
    return type_get_finish(m, word, resumed, rc, &work);
}

/* The word after one more reference to a frame of this type; 0 when that cannot be. */
static uint64_t type_word_taken(uint64_t word, enum frame_type type)
{
    if (type_count(word) == 0 && !(word & PAGE_TYPE_PARTIAL)) {
        bool valid =
            type == FRAME_WRITABLE && (page_type_of(word) == type || page_type_of(word) == FRAME_NONE);

        return page_type_bits(type) | 1 | (valid ? PAGE_TYPE_VALIDATED : 0);
    }
    if (page_type_of(word) != type || type_count(word) == PAGE_TYPE_COUNT_MASK) {
        return 0;
    }
    if (word & PAGE_TYPE_VALIDATED) {
        return word + 1;
    }
    return page_type_bits(type) | (word & (PAGE_TYPE_PINNED | PAGE_TYPE_LINEAR_MASK)) |
           (type_count(word) + 1);
}

/* The reference is not only to be counted, or was not at first. */
static int type_get_slow(mfn_t m, enum frame_type type)
{
    uint64_t word = port_read_acquire_u64(type_word(m)), taken;

    for (;;) {
        if (UNLIKELY(type_busy(word) && page_type_of(word) == type)) {
            port_cpu_relax();
            word = port_read_acquire_u64(type_word(m));
            continue;
        }
        taken = type_word_taken(word, type);
        if (taken == 0) {
            return -XEN_EINVAL;
        }
        if (LIKELY(port_cas_u64(type_word(m), &word, taken))) {
            break;
        }
    }
    if (LIKELY(taken & PAGE_TYPE_VALIDATED)) {
        return 0;
    }
    return type_validate(m, type, word, taken);
}

int frame_get_type(mfn_t m, enum frame_type type)
{
    volatile uint64_t *at = type_word(m);
    uint64_t word = port_read_acquire_u64(at), valid = page_type_bits(type) | PAGE_TYPE_VALIDATED;

    while (LIKELY((word & (PAGE_TYPE_MASK | PAGE_TYPE_VALIDATED)) == valid &&
                  type_count(word) != PAGE_TYPE_COUNT_MASK)) {
        if (LIKELY(port_cas_u64(at, &word, word + 1))) {
            return 0;
        }
    }
    return type_get_slow(m, type);
}

/* Gives back what a table holds; the word is busy with count 1. */
static int type_devalidate(mfn_t m, uint64_t before)
{
    enum frame_type type = page_type_of(before);
    struct page_table_work work = {
        .table = m,
        .level = page_type_level(type),
        .done = before & PAGE_TYPE_PARTIAL ? page_type_done(before) : PAGE_TABLE_ENTRIES,
        .owner = frame_owner(m),
    };
    int rc = page_table_devalidate(&work);
    uint64_t word = type_idle(type);

    if (rc) {
        word = page_type_bits(type) | 1 | PAGE_TYPE_PARTIAL | (uint64_t)work.done << PAGE_TYPE_DONE_SHIFT;
    }
    type_publish(m, word);
    return rc;
}

/* one: what goes from the word with the reference, if others stay. The last reference to a table is a linear
 * entry's if the table is pointed at by one: that count then ends with the table. */
static int type_put_slow(mfn_t m, uint64_t one)
{
    uint64_t word = port_read_acquire_u64(type_word(m)), left;

    for (;;) {
        bool last = type_count(word) == 1;

        ASSERT(type_count(word) != 0);
        if (UNLIKELY(type_busy(word) || (last && word & PAGE_TYPE_LOCKED))) {
            port_cpu_relax();
            word = port_read_acquire_u64(type_word(m));
            continue;
        }
        if (!last) {
            left = word - one;
        } else if (page_type_is_table(page_type_of(word))) {
            left = page_type_bits(page_type_of(word)) | (word & PAGE_TYPE_LINEAR_MASK) | 1;
        } else {
            left = type_idle(page_type_of(word));
        }
        if (LIKELY(port_cas_u64(type_word(m), &word, left))) {
            break;
        }
    }
    return type_busy(left) ? type_devalidate(m, word) : 0;
}

static int type_put(mfn_t m, uint64_t one)
{
    volatile uint64_t *at = type_word(m);
    uint64_t word = port_read_acquire_u64(at);

    while (LIKELY(word & PAGE_TYPE_VALIDATED && type_count(word) > 1)) {
        if (LIKELY(port_cas_u64(at, &word, word - one))) {
            return 0;
        }
    }
    return type_put_slow(m, one);
}

int frame_put_type_preemptible(mfn_t m)
{
    return type_put(m, 1);
}

void frame_put_type(mfn_t m)
{
    int rc = frame_put_type_preemptible(m);

    ASSERT(rc == 0);
}

int frame_get_with_type(mfn_t m, const struct domain *owner, enum frame_type type)
{
    int rc;

    if (!frame_get(m, owner)) {
        return -XEN_EINVAL;
    }
    rc = frame_get_type(m, type);
    if (rc) {
        frame_put(m);
    }
    return rc;
}

void frame_put_with_type(mfn_t m)
{
    frame_put_type(m);
    frame_put(m);
}

int frame_put_with_type_preemptible(mfn_t m)
{
    int rc = frame_put_type_preemptible(m);

    if (rc == 0) {
        frame_put(m);
    }
    return rc;
}

/* Counts one more entry of table to another one of its level, whose type is told. */
static bool linear_begin(mfn_t table, enum frame_type *type)
{
    uint64_t word = port_read_u64(type_word(table));

    do {
        if (page_type_linear(word) < 0) {
            return false;
        }
    } while (!port_cas_u64(type_word(table), &word, word + PAGE_TYPE_LINEAR_ONE));
    *type = page_type_of(word);
    return true;
}

static bool linear_use(mfn_t target, enum frame_type type)
{
    uint64_t word = port_read_acquire_u64(type_word(target));

    do {
        if (!(word & PAGE_TYPE_VALIDATED) || page_type_of(word) != type || type_count(word) == 0 ||
            type_count(word) == PAGE_TYPE_COUNT_MASK || page_type_linear(word) > 0 ||
            page_type_linear(word) <= -PAGE_TYPE_LINEAR_MAX) {
            return false;
        }
    } while (!port_cas_u64(type_word(target), &word, word + 1 - PAGE_TYPE_LINEAR_ONE));
    return true;
}

bool frame_get_linear(mfn_t table, mfn_t target, const struct domain *owner)
{
    enum frame_type type;

    if (!frame_get(target, owner)) {
        return false;
    }
    if (linear_begin(table, &type)) {
        if (linear_use(target, type)) {
            return true;
        }
        frame_forget_linear(table);
    }
    frame_put(target);
    return false;
}

int frame_put_linear_preemptible(mfn_t target)
{
    int rc = type_put(target, 1 - PAGE_TYPE_LINEAR_ONE);

    if (rc == 0) {
        frame_put(target);
    }
    return rc;
}

void frame_forget_linear(mfn_t table)
{
    uint64_t before = port_add_u64(type_word(table), ~PAGE_TYPE_LINEAR_ONE + 1);

    ASSERT(page_type_linear(before) > 0);
}

bool frame_pin(mfn_t m)
{
    return !(port_or_u64(type_word(m), PAGE_TYPE_PINNED) & PAGE_TYPE_PINNED);
}

bool frame_unpin(mfn_t m)
{
    return port_and_u64(type_word(m), ~PAGE_TYPE_PINNED) & PAGE_TYPE_PINNED;
}

static bool type_is_live_table(uint64_t word)
{
    return word & PAGE_TYPE_VALIDATED && page_type_is_table(page_type_of(word));
}

/* Another CPU has the lock: its turn first. The word then. */
static uint64_t __attribute__((noinline)) lock_wait(volatile uint64_t *at)
{
    port_cpu_relax();
    return port_read_u64(at);
}

unsigned int frame_lock_table(mfn_t m)
{
    volatile uint64_t *at = type_word(m);
    uint64_t word = port_read_u64(at);

    for (;;) {
        if (!type_is_live_table(word)) {
            return 0;
        }
        if (UNLIKELY(word & PAGE_TYPE_LOCKED)) {
            word = lock_wait(at);
        } else if (LIKELY(port_cas_u64(at, &word, word | PAGE_TYPE_LOCKED))) {
            return page_type_level(page_type_of(word));
        }
    }
}

/* Of a frame that somebody refers to. */
static domid_t frame_owner_id(const struct frame *f)
{
    return (domid_t)(port_read_u64(&f->refs) >> FRAME_OWNER_SHIFT);
}

bool frame_lock_l1(mfn_t m, const struct domain *owner)
{
    const uint64_t wanted = page_type_bits(FRAME_L1) | PAGE_TYPE_VALIDATED;
    struct frame *f = frame_known(m);
    volatile uint64_t *at = &f->type;
    uint64_t word;

    if (UNLIKELY(m.n >= frame_table_count || frame_owner_id(f) != owner->id)) {
        return false;
    }
    word = port_read_u64(at);
    for (;;) {
        /* The words of free frames and of the heap's are never like that. */
        if (UNLIKELY((word & (PAGE_TYPE_MASK | PAGE_TYPE_VALIDATED)) != wanted)) {
            return false;
        }
        if (UNLIKELY(word & PAGE_TYPE_LOCKED)) {
            word = lock_wait(at);
        } else if (LIKELY(port_cas_u64(at, &word, word | PAGE_TYPE_LOCKED))) {
            break;
        }
    }
    /* What is locked is a table, and so somebody's: it may have become another's before. */
    if (UNLIKELY(frame_owner_id(f) != owner->id)) {
        frame_unlock_table(m);
        return false;
    }
    return true;
}

void frame_unlock_table(mfn_t m)
{
    uint64_t before = port_and_u64(type_word(m), ~PAGE_TYPE_LOCKED);

    ASSERT(before & PAGE_TYPE_LOCKED);
}

void frame_adopt_partial(mfn_t m)
{
    uint64_t word = port_read_u64(type_word(m));

    do {
        if (!(word & PAGE_TYPE_PARTIAL) || type_count(word) != 0) {
            return;
        }
    } while (!port_cas_u64(type_word(m), &word, (word & ~PAGE_TYPE_UNDO) + 1 + PAGE_TYPE_PINNED));
}
