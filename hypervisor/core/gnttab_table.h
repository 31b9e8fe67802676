/* SPDX-License-Identifier: MIT */
/*
 * The parts of a domain's grant table, for the files that work on it.
 *
 * The table's entries stand in frames that the guest writes: whatever is read there is read once and checked.
 * Beside each entry the hypervisor keeps who uses it (struct gnttab_active). An entry in use has one user
 * domain and one frame, to which it holds a reference from its first use to its last, and it is marked for
 * the guest by GTF_reading and GTF_writing.
 *
 * Locks: lock covers all but the maptrack, which has its own. Nothing that may free a frame or a domain is
 * done under them, and of two tables only one is locked at a time.
 */
#ifndef CORE_GNTTAB_TABLE_H
#define CORE_GNTTAB_TABLE_H

#include "core/gnttab_maptrack.h"
#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/grant_table.h"

/* A toolstack may give a domain with many devices more than the default. A frame costs the hypervisor five, and
 * all that a guest asks for at once is made in one stretch: twice the default (some 510,000 instructions) stays
 * below the limit of such stretches. */
#define GNTTAB_FRAMES_DEFAULT      64u
#define GNTTAB_FRAMES_MAX          128u
#define GNTTAB_MAPTRACK_FRAMES_MAX 1024u

#define GNTTAB_V1_A_FRAME     ((uint32_t)(PAGE_SIZE / sizeof(struct grant_entry_v1)))
#define GNTTAB_V2_A_FRAME     ((uint32_t)(PAGE_SIZE / sizeof(union grant_entry_v2)))
#define GNTTAB_STATUS_A_FRAME ((uint32_t)(PAGE_SIZE / sizeof(grant_status_t)))

#define GNTTAB_STATUS_FRAMES_MAX (GNTTAB_FRAMES_MAX * GNTTAB_V2_A_FRAME / GNTTAB_STATUS_A_FRAME)

/* Uses of a grant: by a CPU or by a device, to read or to write. */
enum gnttab_use {
    GNTTAB_HOST_READ,
    GNTTAB_HOST_WRITE,
    GNTTAB_DEVICE_READ,
    GNTTAB_DEVICE_WRITE,
    GNTTAB_USES,
};

#define GNTTAB_USES_MAX 128u /* of a kind, of one grant */

struct domain;

struct gnttab_active {
    mfn_t frame; /* not of one that passes another grant on */
    domid_t user;
    uint16_t start, length; /* what part of the frame is granted */
    bool part, passes_on;   /* both are for copies only */
    uint32_t uses[GNTTAB_USES];
};

struct gnttab {
    struct spinlock lock; /* LOCK_GNTTAB */
    uint32_t version, version_max;
    bool closed; /* the domain is dying: no frame is added any more */
    bool told;   /* the log has heard that the guest wants more frames than it may have */
    uint32_t frames, frames_max;
    uint32_t entries_used;         /* that are in use */
    uint32_t status_frames;        /* made; version 2 uses as many as frames need */
    void **shared;                 /* frames_max pages of entries */
    uint32_t **status;             /* pages of version 2's status words, two in each of these */
    struct gnttab_active **active; /* frames_max arrays of GNTTAB_V1_A_FRAME */
    struct gnttab_maptrack maptrack;
};

static inline uint32_t gnttab_entry_count(const struct gnttab *t)
{
    return t->frames * (t->version == 1 ? GNTTAB_V1_A_FRAME : GNTTAB_V2_A_FRAME);
}

/* Status frames that so many frames of version 2 need. */
static inline uint32_t gnttab_status_need(uint32_t frames)
{
    return ROUND_UP(frames * GNTTAB_V2_A_FRAME, GNTTAB_STATUS_A_FRAME) / GNTTAB_STATUS_A_FRAME;
}

/* Of an entry that exists. */
struct gnttab_active *gnttab_active(const struct gnttab *t, grant_ref_t ref);
struct grant_entry_v1 *gnttab_entry_v1(const struct gnttab *t, grant_ref_t ref);
union grant_entry_v2 *gnttab_entry_v2(const struct gnttab *t, grant_ref_t ref);

static inline bool gnttab_in_use(const struct gnttab_active *a)
{
    return (a->uses[GNTTAB_HOST_READ] | a->uses[GNTTAB_HOST_WRITE] | a->uses[GNTTAB_DEVICE_READ] |
            a->uses[GNTTAB_DEVICE_WRITE]) != 0;
}

static inline bool gnttab_in_use_to_write(const struct gnttab_active *a)
{
    return (a->uses[GNTTAB_HOST_WRITE] | a->uses[GNTTAB_DEVICE_WRITE]) != 0;
}

/* The domain is dying: what it would get now nobody would take from it. */
void gnttab_close(struct domain *d);

/* Makes the status frames for so many frames of entries: 0 or -XEN_ENOMEM. Under the lock. */
int gnttab_status_grow(struct domain *d, uint32_t frames) MUST_CHECK;

/* The 32-bit word that holds an entry's status word, and how far up it stands: version 1 keeps it in the
 * entry's flags. */
uint32_t *gnttab_status_word(const struct gnttab *t, grant_ref_t ref, unsigned int *shift);

#endif
