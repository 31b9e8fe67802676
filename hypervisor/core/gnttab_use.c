/* SPDX-License-Identifier: MIT */
/* Beginning and ending uses of grants, and the bits by which the granter sees them. */
#include "core/gnttab_use.h"

#include "core/domain.h"
#include "core/frame.h"
#include "port/atomic.h"
#include "port/cpu.h"

#define UNSTABLE_TRIES 5u

static bool kind_fits(uint32_t flags, domid_t user, const struct gnttab_wish *wish)
{
    uint32_t kind = flags & (GTF_type_mask | (wish->copy ? 0 : GTF_sub_page));

    return user == wish->user && (kind == GTF_permit_access || (wish->copy && kind == GTF_transitive));
}

/* Version 1: the marks stand in the word that also says what is granted to whom, so both are settled by one
 * exchange. */
static int16_t v1_mark(struct grant_entry_v1 *entry, const struct gnttab_active *a,
                       const struct gnttab_wish *wish)
{
    volatile uint32_t *word = (volatile uint32_t *)(void *)entry;
    uint32_t seen = port_read_u32(word), marks = GTF_reading;
    bool write = wish->uses & GNTTAB_USES_TO_WRITE;

    marks |= write ? GTF_writing : 0;
    for (unsigned int i = 0; i < UNSTABLE_TRIES; i++) {
        uint32_t flags = seen & UINT16_MAX;

        if (!gnttab_in_use(a) &&
            (!kind_fits(flags, (domid_t)(seen >> 16), wish) || (flags & GTF_type_mask) == GTF_transitive)) {
            return GNTST_general_error;
        }
        if (write && flags & GTF_readonly) {
            return GNTST_general_error;
        }
        if (port_cas_u32(word, &seen, seen | marks)) {
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

static void status_clear(const struct gnttab *t, grant_ref_t ref, uint32_t marks)
{
    unsigned int shift;
    uint32_t *word = gnttab_status_word(t, ref, &shift);

    port_and_u32(word, ~(marks << shift));
}

/* Takes away the marks that the uses of an entry do not call for (any more). */
static void status_settle(const struct gnttab *t, grant_ref_t ref, const struct gnttab_active *a)
{
    if (!gnttab_in_use(a)) {
        status_clear(t, ref, GTF_reading | GTF_writing);
    } else if (!gnttab_in_use_to_write(a)) {
        status_clear(t, ref, GTF_writing);
    }
}

/*
 * Version 2: the marks stand apart. They are set first and the entry is looked at again after: the granter
 * clears the entry first and looks at the marks after, so one of the two sees the other.
 */
static int16_t v2_mark(const struct gnttab *t, grant_ref_t ref, const struct gnttab_active *a,
                       const struct gnttab_wish *wish)
{
    const volatile uint32_t *word = (const volatile uint32_t *)(const void *)gnttab_entry_v2(t, ref);
    bool write = wish->uses & GNTTAB_USES_TO_WRITE;
    uint32_t seen = port_read_u32(word), *status, marks = GTF_reading;
    unsigned int shift;

    if (!gnttab_in_use(a) && !kind_fits(seen & UINT16_MAX, (domid_t)(seen >> 16), wish)) {
        return GNTST_general_error;
    }
    marks |= write ? GTF_writing : 0;
    status = gnttab_status_word(t, ref, &shift);
    port_or_u32(status, marks << shift);
    port_barrier();
    seen = port_read_u32(word);
    if ((write && seen & GTF_readonly) ||
        (!gnttab_in_use(a) && !kind_fits(seen & UINT16_MAX, (domid_t)(seen >> 16), wish))) {
        status_settle(t, ref, a);
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static int16_t entry_mark(const struct gnttab *t, grant_ref_t ref, const struct gnttab_active *a,
                          const struct gnttab_wish *wish)
{
    return t->version == 1 ? v1_mark(gnttab_entry_v1(t, ref), a, wish) : v2_mark(t, ref, a, wish);
}

static bool entry_passes_on(const struct gnttab *t, grant_ref_t ref)
{
    return t->version == 2 &&
           (port_read_u16(&gnttab_entry_v2(t, ref)->hdr.flags) & GTF_type_mask) == GTF_transitive;
}

/* What an entry of version 2 grants: all of a frame, a part, or another grant. */
static void v2_read(const union grant_entry_v2 *entry, struct gnttab_active *a)
{
    uint16_t flags = port_read_u16(&entry->hdr.flags);

    if ((flags & GTF_type_mask) == GTF_transitive) {
        a->passes_on = true;
    } else if (flags & GTF_sub_page) {
        a->part = true;
        a->start = port_read_u16(&entry->sub_page.page_off);
        a->length = port_read_u16(&entry->sub_page.length);
        a->frame = mfn(port_read_u64(&entry->sub_page.frame));
    } else {
        a->frame = mfn(port_read_u64(&entry->full_page.frame));
    }
}

/* The first use of an entry fixes what all its uses get. */
static int16_t entry_first_use(struct domain *granter, grant_ref_t ref, struct gnttab_active *a,
                               const struct gnttab_wish *wish)
{
    const struct gnttab *t = granter->gnttab;

    *a = (struct gnttab_active){.user = wish->user, .length = (uint16_t)PAGE_SIZE};
    if (t->version == 1) {
        a->frame = mfn(port_read_u32(&gnttab_entry_v1(t, ref)->frame));
    } else {
        v2_read(gnttab_entry_v2(t, ref), a);
        /* The entry may have become another kind since it was checked. */
        if (!wish->copy && (a->part || a->passes_on)) {
            return GNTST_general_error;
        }
    }
    return a->passes_on || frame_get(a->frame, granter) ? GNTST_okay : GNTST_bad_page;
}

/* What a user may have of an entry that is used already: the same user, and of the same frame. */
static bool entry_shareable(const struct gnttab *t, grant_ref_t ref, const struct gnttab_active *a,
                            const struct gnttab_wish *wish)
{
    if (a->user != wish->user) {
        return false;
    }
    return wish->copy ? !a->passes_on || entry_passes_on(t, ref) : !a->part && !a->passes_on;
}

static void granted_fill(const struct gnttab *t, grant_ref_t ref, const struct gnttab_active *a,
                         struct gnttab_granted *granted)
{
    *granted = (struct gnttab_granted){a->frame, a->start, a->length, a->passes_on, DOMID_INVALID, 0};
    if (a->passes_on) {
        const union grant_entry_v2 *entry = gnttab_entry_v2(t, ref);

        granted->next_granter = port_read_u16(&entry->transitive.trans_domid);
        granted->next_ref = port_read_u32(&entry->transitive.gref);
    }
}

static void uses_add(struct gnttab_active *a, unsigned int uses, uint32_t what)
{
    for (unsigned int i = 0; i < GNTTAB_USES; i++) {
        if (uses & GNTTAB_USE(i)) {
            a->uses[i] += what;
        }
    }
}

static bool uses_full(const struct gnttab_active *a, unsigned int uses)
{
    for (unsigned int i = 0; i < GNTTAB_USES; i++) {
        if (uses & GNTTAB_USE(i) && a->uses[i] >= GNTTAB_USES_MAX) {
            return true;
        }
    }
    return false;
}

/* Under the lock. */
static int16_t use_begin(struct domain *granter, grant_ref_t ref, const struct gnttab_wish *wish,
                         struct gnttab_granted *granted)
{
    struct gnttab *t = granter->gnttab;
    struct gnttab_active *a;
    int16_t status = GNTST_okay;
    bool write = wish->uses & GNTTAB_USES_TO_WRITE, first;

    if (ref >= gnttab_entry_count(t)) {
        return GNTST_bad_gntref;
    }
    a = gnttab_active(t, ref);
    first = !gnttab_in_use(a);
    if (!first && (!entry_shareable(t, ref, a, wish) || uses_full(a, wish->uses))) {
        return GNTST_general_error;
    }
    if (first || (write && !gnttab_in_use_to_write(a))) {
        status = entry_mark(t, ref, a, wish);
    }
    if (status == GNTST_okay && first) {
        status = entry_first_use(granter, ref, a, wish);
        if (status != GNTST_okay) {
            status_settle(t, ref, a);
        }
    }
    if (status == GNTST_okay) {
        uses_add(a, wish->uses, 1);
        t->entries_used += first;
        granted_fill(t, ref, a, granted);
    }
    return status;
}

int16_t gnttab_use_begin(struct domain *granter, grant_ref_t ref, const struct gnttab_wish *wish,
                         struct gnttab_granted *granted)
{
    struct lock_token token;
    int16_t status;

    if (!granter->gnttab) {
        return GNTST_bad_gntref;
    }
    token = lock_acquire(&granter->gnttab->lock);
    status = use_begin(granter, ref, wish, granted);
    lock_release(token);
    return status;
}

void gnttab_use_end(struct domain *granter, grant_ref_t ref, unsigned int uses)
{
    struct gnttab *t = granter->gnttab;
    struct lock_token token = lock_acquire(&t->lock);
    struct gnttab_active *a = gnttab_active(t, ref);
    mfn_t frame = a->frame;
    bool last, holds;

    uses_add(a, uses, UINT32_MAX);
    status_settle(t, ref, a);
    last = !gnttab_in_use(a);
    holds = !a->passes_on;
    t->entries_used -= last;
    lock_release(token);
    if (last && holds) {
        frame_put(frame);
    }
}
