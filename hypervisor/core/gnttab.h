/* SPDX-License-Identifier: MIT */
/* Grant tables: what a domain lets others map or copy, and what it has mapped itself. */
#ifndef CORE_GNTTAB_H
#define CORE_GNTTAB_H

#include "lib/types.h"
#include "pvabi/grant_table.h"
#include "pvabi/xen.h"

struct domain;

/* A domain's table with its first frame: 0, -XEN_EINVAL for limits that are none, -XEN_ENOMEM. version_max 0: no table (d->gnttab stays NULL). */
int gnttab_init(struct domain *d, uint32_t frames_max, uint32_t maptrack_frames_max, uint32_t version_max) MUST_CHECK;

/* Releases all that a dying domain has mapped of others; 0 or -XEN_ERESTART. */
int gnttab_release_mappings(struct domain *d) MUST_CHECK;

/* Frees the table of a domain whose grants nobody maps any more. */
void gnttab_free(struct domain *d);

/* The frame of the table (or, status, of the version 2 status area) with this index, for XENMEM_acquire_resource; grows it. 0, -XEN_EINVAL, -XEN_ENOMEM. */
int gnttab_frame(struct domain *d, uint32_t index, bool status, mfn_t *frame) MUST_CHECK;

/* How many frames that resource may have; 0 when there is no table, or no status area. */
uint32_t gnttab_frames_max(const struct domain *d, bool status);

#endif
