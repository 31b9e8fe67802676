/* SPDX-License-Identifier: MIT */
/*
 * The maptrack: what a domain has mapped of others, by handle. A handle is free, busy (one CPU makes or takes
 * apart its mapping; nobody else touches it) or live. A live mapping is a use of its grant.
 */
#ifndef CORE_GNTTAB_MAPTRACK_H
#define CORE_GNTTAB_MAPTRACK_H

#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/grant_table.h"
#include "pvabi/xen.h"

#define GNTTAB_HANDLE_NONE (~(grant_handle_t)0)

enum gnttab_mapping_state {
    GNTTAB_MAPPING_FREE,
    GNTTAB_MAPPING_BUSY,
    GNTTAB_MAPPING_LIVE,
};

struct gnttab_mapping {
    uint32_t frame;  /* frame numbers fit (core/frame_alloc.c) */
    grant_ref_t ref; /* of a free one: the next free handle */
    domid_t granter;
    uint8_t flags; /* GNTMAP_* of what is still mapped */
    uint8_t state; /* enum gnttab_mapping_state */
};

struct gnttab_maptrack {
    struct spinlock lock; /* LOCK_GNTTAB_MAPTRACK: all of it */
    struct gnttab_mapping **pages;
    uint32_t frames, frames_max;
    grant_handle_t free_head;
    uint32_t used;
    grant_handle_t released; /* of a dying domain: handles below are done */
};

/* An empty maptrack that may grow to so many frames: 0 or -XEN_ENOMEM. */
int gnttab_maptrack_init(struct gnttab_maptrack *m, uint32_t frames_max) MUST_CHECK;
void gnttab_maptrack_free(struct gnttab_maptrack *m);

/* A handle for a mapping that is being made, busy; GNTTAB_HANDLE_NONE when there is none left. */
grant_handle_t gnttab_maptrack_take(struct gnttab_maptrack *m);

/* The mapping is made: the handle is live. flags without GNTMAP_device_map and GNTMAP_host_map: nothing is
 * left, it is free. */
void gnttab_maptrack_set(struct gnttab_maptrack *m, grant_handle_t handle,
                         const struct gnttab_mapping *mapping);

/* A mapping that is to be taken apart becomes busy, and a copy is given; false when the handle is not live.
 */
bool gnttab_maptrack_claim(struct gnttab_maptrack *m, grant_handle_t handle,
                           struct gnttab_mapping *mapping) MUST_CHECK;

/* One more than the highest handle that there is. */
grant_handle_t gnttab_maptrack_end(const struct gnttab_maptrack *m);

#endif
