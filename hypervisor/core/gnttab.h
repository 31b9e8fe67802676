/* SPDX-License-Identifier: MIT */
/* Grant tables: what a domain lets others map or copy, and what it has mapped itself. */
#ifndef CORE_GNTTAB_H
#define CORE_GNTTAB_H

#include "lib/types.h"
#include "pvabi/grant_table.h"
#include "pvabi/xen.h"

struct domain;
struct vcpu;

/*
 * A domain's table with its first frame: 0, -XEN_EINVAL for limits that are none, -XEN_ENOMEM. A limit of
 * frames that is negative (as int32_t) is the default. version_max 0: no table (d->gnttab stays NULL).
 */
int gnttab_init(struct domain *d, uint32_t frames_max, uint32_t maptrack_frames_max,
                uint32_t version_max) MUST_CHECK;

/* Releases all that a dying domain has mapped of others; 0 or -XEN_ERESTART. */
int gnttab_release_mappings(struct domain *d) MUST_CHECK;

/* Frees the table of a domain whose grants nobody maps any more. */
void gnttab_free(struct domain *d);

/* The frame of the table (or, status, of the version 2 status area) with this index, for
 * XENMEM_acquire_resource; grows it. 0, -XEN_EINVAL, -XEN_ENOMEM. */
int gnttab_frame(struct domain *d, uint32_t index, bool status, mfn_t *frame) MUST_CHECK;

/* How many frames that resource may have; 0 when there is no table, or no status area. */
uint32_t gnttab_frames_max(const struct domain *d, bool status);

/* Makes the table have at least so many frames; false when it may not or cannot. */
bool gnttab_reserve(struct domain *d, uint32_t frames) MUST_CHECK;

/* How many frames the table has, and its status area (0 in version 1). */
uint32_t gnttab_frame_count(struct domain *d);
uint32_t gnttab_status_frame_count(struct domain *d);

/* The version of the entries, 0 without a table. */
uint32_t gnttab_version(const struct domain *d);

/*
 * Changes the version; the entries that the toolstack makes are kept, all others cleared. 0; -XEN_EINVAL:
 * none of 1 and 2; -XEN_ENOSYS: not allowed; -XEN_EBUSY: grants are in use, or status frames mapped, of
 * which version 1 has none; -XEN_ERANGE: a kept entry has no form in version 1; -XEN_ENOMEM.
 */
int gnttab_set_version(struct domain *d, uint32_t version) MUST_CHECK;

/* Exchanges two entries that nobody uses: GNTST_*. */
int16_t gnttab_swap(struct domain *d, grant_ref_t a, grant_ref_t b);

/* Maps a grant for the running vCPU's domain; fills in the results of op. No lock held. */
void gnttab_map(struct vcpu *v, struct gnttab_map_grant_ref *op);

/*
 * Unmapping, for a batch of requests at a time: gnttab_unmap_begin takes a mapping out of the running vCPU's
 * page tables, then gnttab_unmap_flush must be called once for all, then gnttab_unmap_end for each, which
 * gives back what the mapping held. No lock held. Until then op keeps what was begun.
 */
struct gnttab_unmap {
    uint64_t host_addr, dev_bus_addr; /* in: 0 leaves that half of the mapping */
    uint64_t new_addr;                /* in: whose entry takes the place of host_addr's; 0: none */
    grant_handle_t handle;            /* in */
    int16_t status;                   /* out */
    uint16_t done;                    /* GNTMAP_*: the halves that were taken out, and whether read-only */
    uint32_t flags;                   /* GNTMAP_*: of the mapping, without these halves */
    grant_ref_t ref;
    struct domain *granter; /* with a reference, if the handle was a good one */
    mfn_t frame;
};

void gnttab_unmap_begin(struct vcpu *v, struct gnttab_unmap *op);
void gnttab_unmap_flush(struct vcpu *v);
void gnttab_unmap_end(struct vcpu *v, struct gnttab_unmap *op);

/* Copies between grants and frames of the running domain d, and sets op's status. No lock held. */
void gnttab_copy(struct domain *d, struct gnttab_copy *op);

/*
 * One request of GNTTABOP_cache_flush. 0; 1: call again, *cursor (0 at first) tells how far the search for
 * the grant came; -XEN_EINVAL: wrong arguments, no memory, or neither d's nor granted to it; -XEN_EPERM: a
 * frame without an owner; -XEN_EOPNOTSUPP: invalidation without write-back; -XEN_EILSEQ: a cursor where none
 * can be.
 */
int gnttab_cache_flush(const struct domain *d, const struct gnttab_cache_flush *op,
                       grant_ref_t *cursor) MUST_CHECK;

/* How much of its limits a domain uses; zeros without a table. */
struct gnttab_usage {
    uint32_t frames, frames_max;
    uint32_t maptrack_frames, maptrack_frames_max;
    uint32_t mappings;
};
void gnttab_usage(const struct domain *d, struct gnttab_usage *usage);

/* Prints how much of its limits a domain uses, and its grants that are in use. For the debug keys: takes no
 * lock. */
void gnttab_print(const struct domain *d);

#endif
