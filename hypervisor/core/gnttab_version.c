/* SPDX-License-Identifier: MIT */
/* The two forms of a grant table's entries: changing from one to the other, and exchanging entries. */
#include "core/domain.h"
#include "core/gnttab.h"
#include "core/gnttab_table.h"
#include "core/tlb.h"
#include "lib/string.h"
#include "port/atomic.h"
#include "port/map.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define MARKS (GTF_reading | GTF_writing)

/* An entry that the toolstack made, in the form of version 1, which keeps its marks in the flags. */
static int entry_to_v1(const struct gnttab *t, grant_ref_t ref, struct grant_entry_v1 *kept)
{
    const union grant_entry_v2 *entry = gnttab_entry_v2(t, ref);
    union grant_entry_v2 copy = *entry;
    unsigned int shift;
    uint32_t marks = port_read_u32(gnttab_status_word(t, ref, &shift));

    *kept = (struct grant_entry_v1){.flags = GTF_invalid};
    switch (copy.hdr.flags & GTF_type_mask) {
    case GTF_permit_access:
        if (copy.full_page.frame >> 32) {
            return -XEN_ERANGE;
        }
        kept->flags = (uint16_t)((copy.hdr.flags & ~MARKS) | (marks >> shift & MARKS));
        kept->domid = copy.hdr.domid;
        kept->frame = (uint32_t)copy.full_page.frame;
        return 0;
    case GTF_transitive:
        return -XEN_ERANGE;
    default:
        return 0;
    }
}

static int entries_keep(const struct gnttab *t, struct grant_entry_v1 *kept)
{
    int error = 0;

    for (grant_ref_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES && !error; ref++) {
        if (t->version == 1) {
            kept[ref] = *gnttab_entry_v1(t, ref);
        } else {
            error = entry_to_v1(t, ref, &kept[ref]);
        }
    }
    return error;
}

static void entries_put_back(const struct gnttab *t, const struct grant_entry_v1 *kept)
{
    for (grant_ref_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        const struct grant_entry_v1 *k = &kept[ref];

        if (t->version == 1) {
            *gnttab_entry_v1(t, ref) = *k;
        } else {
            union grant_entry_v2 *entry = gnttab_entry_v2(t, ref);
            unsigned int shift;
            uint32_t *status = gnttab_status_word(t, ref, &shift);

            port_or_u32(status, (uint32_t)(k->flags & MARKS) << shift);
            entry->full_page.frame = k->frame;
            entry->hdr.domid = k->domid;
            port_write_u16(&entry->hdr.flags, (uint16_t)(k->flags & ~MARKS));
        }
    }
}

static void entries_clear(const struct gnttab *t)
{
    for (uint32_t i = 0; i < t->frames; i++) {
        memset(t->shared[i], 0, PAGE_SIZE);
    }
    for (uint32_t i = 0; i < t->status_frames; i++) {
        memset(t->status[i], 0, PAGE_SIZE);
    }
}

/* Whether entries beyond the toolstack's are in use. */
static bool others_in_use(const struct gnttab *t)
{
    uint32_t kept = 0;

    for (grant_ref_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        kept += gnttab_in_use(gnttab_active(t, ref));
    }
    return t->entries_used > kept;
}

/* The status area is going away: nobody can map its frames any more, or (-XEN_EBUSY) nothing has changed. */
static int status_close(struct domain *d)
{
    struct gnttab *t = d->gnttab;

    for (uint32_t i = 0; i < t->status_frames; i++) {
        int error = mm_unshare_begin(d, t->status[i]);

        if (error) {
            while (i-- > 0) {
                mm_unshare_cancel(d, t->status[i]);
            }
            return error;
        }
    }
    return 0;
}

/* Status frames that a table gave up; they are freed once it is unlocked. */
struct status_left {
    uint32_t *frame[GNTTAB_STATUS_FRAMES_MAX];
    uint32_t count;
};

static void status_leave(struct gnttab *t, struct status_left *left)
{
    for (; left->count < t->status_frames; left->count++) {
        left->frame[left->count] = t->status[left->count];
        t->status[left->count] = NULL;
    }
    t->status_frames = 0;
}

/* Under the lock. */
static int version_change(struct domain *d, uint32_t version, struct status_left *left)
{
    struct grant_entry_v1 kept[GNTTAB_NR_RESERVED_ENTRIES];
    struct gnttab *t = d->gnttab;
    int error = others_in_use(t) ? -XEN_EBUSY : 0;

    if (!error && version == 2) {
        error = gnttab_status_grow(d, t->frames);
    }
    if (!error) {
        error = entries_keep(t, kept);
    }
    if (!error && version == 1) {
        error = status_close(d);
    }
    if (error) {
        return error;
    }
    entries_clear(t);
    port_write_u32(&t->version, version);
    if (version == 1) {
        status_leave(t, left);
    }
    entries_put_back(t, kept);
    return 0;
}

static void status_free(struct domain *d, const struct status_left *left)
{
    if (left->count) {
        /* A translation may have outlived its entry, and what comes into the frame next is not this guest's. */
        port_tlb_flush_all(tlb_cpus_of_domain(d));
    }
    for (uint32_t i = 0; i < left->count; i++) {
        mm_unshare_end(d, left->frame[i]);
    }
}

int gnttab_set_version(struct domain *d, uint32_t version)
{
    struct gnttab *t = d->gnttab;
    struct status_left left = {.count = 0};
    struct lock_token token;
    int error = 0;

    if (version != 1 && version != 2) {
        return -XEN_EINVAL;
    }
    if (!t || version > t->version_max) {
        return -XEN_ENOSYS;
    }
    token = lock_acquire(&t->lock);
    if (t->version != version) {
        error = version_change(d, version, &left);
    }
    lock_release(token);
    status_free(d, &left);
    return error;
}

/* Words of 64 bits change places; the guest may write them at the same time, and then gets what it asked for.
 */
static void words_swap(uint64_t *a, uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t kept = port_read_u64(&a[i]);

        port_write_u64(&a[i], port_read_u64(&b[i]));
        port_write_u64(&b[i], kept);
    }
}

static void status_swap(const struct gnttab *t, grant_ref_t a, grant_ref_t b)
{
    unsigned int shift_a, shift_b;
    uint32_t *word_a = gnttab_status_word(t, a, &shift_a), *word_b = gnttab_status_word(t, b, &shift_b);
    uint32_t status_a = port_read_u32(word_a) >> shift_a & UINT16_MAX;
    uint32_t status_b = port_read_u32(word_b) >> shift_b & UINT16_MAX;

    port_and_u32(word_a, ~((uint32_t)UINT16_MAX << shift_a));
    port_or_u32(word_a, status_b << shift_a);
    port_and_u32(word_b, ~((uint32_t)UINT16_MAX << shift_b));
    port_or_u32(word_b, status_a << shift_b);
}

/* Under the lock. */
static int16_t entries_swap(const struct gnttab *t, grant_ref_t a, grant_ref_t b)
{
    if (a >= gnttab_entry_count(t) || b >= gnttab_entry_count(t)) {
        return GNTST_bad_gntref;
    }
    if (a == b) {
        return GNTST_okay;
    }
    if (gnttab_in_use(gnttab_active(t, a)) || gnttab_in_use(gnttab_active(t, b))) {
        return GNTST_eagain;
    }
    if (t->version == 1) {
        words_swap((uint64_t *)(void *)gnttab_entry_v1(t, a), (uint64_t *)(void *)gnttab_entry_v1(t, b),
                   sizeof(struct grant_entry_v1) / sizeof(uint64_t));
    } else {
        words_swap((uint64_t *)(void *)gnttab_entry_v2(t, a), (uint64_t *)(void *)gnttab_entry_v2(t, b),
                   sizeof(union grant_entry_v2) / sizeof(uint64_t));
        status_swap(t, a, b);
    }
    return GNTST_okay;
}

int16_t gnttab_swap(struct domain *d, grant_ref_t a, grant_ref_t b)
{
    struct lock_token token;
    int16_t status;

    if (!d->gnttab) {
        return GNTST_bad_gntref;
    }
    token = lock_acquire(&d->gnttab->lock);
    status = entries_swap(d->gnttab, a, b);
    lock_release(token);
    return status;
}
