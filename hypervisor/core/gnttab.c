/* SPDX-License-Identifier: MIT */
/* Grant tables of domains: making, growing, the versions of their entries. */
#include "core/gnttab.h"

#include "core/domain.h"
#include "core/gnttab_table.h"
#include "core/heap.h"
#include "lib/log.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/map.h"
#include "pvabi/errno.h"

struct gnttab_active *gnttab_active(const struct gnttab *t, grant_ref_t ref)
{
    uint32_t n = (uint32_t)index_nospec(ref, gnttab_entry_count(t));

    return &t->active[n / GNTTAB_V1_A_FRAME][n % GNTTAB_V1_A_FRAME];
}

struct grant_entry_v1 *gnttab_entry_v1(const struct gnttab *t, grant_ref_t ref)
{
    uint32_t n = (uint32_t)index_nospec(ref, gnttab_entry_count(t));

    return (struct grant_entry_v1 *)t->shared[n / GNTTAB_V1_A_FRAME] + n % GNTTAB_V1_A_FRAME;
}

union grant_entry_v2 *gnttab_entry_v2(const struct gnttab *t, grant_ref_t ref)
{
    uint32_t n = (uint32_t)index_nospec(ref, gnttab_entry_count(t));

    return (union grant_entry_v2 *)t->shared[n / GNTTAB_V2_A_FRAME] + n % GNTTAB_V2_A_FRAME;
}

uint32_t *gnttab_status_word(const struct gnttab *t, grant_ref_t ref, unsigned int *shift)
{
    uint32_t n = (uint32_t)index_nospec(ref, gnttab_entry_count(t));

    *shift = 0;
    if (t->version == 1) {
        return (uint32_t *)(void *)gnttab_entry_v1(t, n);
    }
    *shift = n % 2 * 16;
    return &t->status[n / GNTTAB_STATUS_A_FRAME][n % GNTTAB_STATUS_A_FRAME / 2];
}

int gnttab_status_grow(struct domain *d, uint32_t frames)
{
    struct gnttab *t = d->gnttab;

    if (t->closed) {
        return -XEN_EINVAL;
    }
    while (t->status_frames < gnttab_status_need(frames)) {
        t->status[t->status_frames] = mm_share_frame(d, true);
        if (!t->status[t->status_frames]) {
            return -XEN_ENOMEM;
        }
        t->status_frames++;
    }
    return 0;
}

/* One frame more. What was made before a failure is kept for the next try. */
static int frame_add(struct domain *d)
{
    struct gnttab *t = d->gnttab;
    uint32_t i = t->frames;

    if (t->closed) {
        return -XEN_EINVAL;
    }
    if (!t->active[i]) {
        t->active[i] = heap_zalloc(GNTTAB_V1_A_FRAME * sizeof(struct gnttab_active));
    }
    if (!t->active[i] || (t->version == 2 && gnttab_status_grow(d, i + 1))) {
        return -XEN_ENOMEM;
    }
    t->shared[i] = mm_share_frame(d, true);
    if (!t->shared[i]) {
        return -XEN_ENOMEM;
    }
    t->frames++;
    return 0;
}

/* Under the lock. */
static int table_grow(struct domain *d, uint32_t frames)
{
    struct gnttab *t = d->gnttab;
    int error = frames <= t->frames_max ? 0 : -XEN_EINVAL;

    if (error && !t->told) {
        t->told = true;
        log_warning("grant table: d%u wants %u frames and may have %u (its configuration's max_grant_frames)", d->id,
                    frames, t->frames_max);
    }
    while (!error && t->frames < frames) {
        error = frame_add(d);
    }
    return error;
}

/* A limit as the toolstack gives it: negative is the default. */
static uint32_t limit_of(uint32_t wanted, uint32_t standard)
{
    return (int32_t)wanted < 0 ? standard : wanted;
}

static int table_make(struct domain *d, uint32_t maptrack_frames_max)
{
    struct gnttab *t = d->gnttab;
    int error;

    t->shared = heap_zalloc(t->frames_max * sizeof(*t->shared));
    t->active = heap_zalloc(t->frames_max * sizeof(*t->active));
    t->status = heap_zalloc(gnttab_status_need(t->frames_max) * sizeof(*t->status));
    error = gnttab_maptrack_init(&t->maptrack, maptrack_frames_max);
    if (!t->shared || !t->active || !t->status) {
        return -XEN_ENOMEM;
    }
    return error ? error : table_grow(d, 1);
}

int gnttab_init(struct domain *d, uint32_t frames_max, uint32_t maptrack_frames_max, uint32_t version_max)
{
    struct gnttab *t;
    int error;

    if (version_max == 0) {
        return 0;
    }
    frames_max = limit_of(frames_max, GNTTAB_FRAMES_DEFAULT);
    maptrack_frames_max = limit_of(maptrack_frames_max, GNTTAB_MAPTRACK_FRAMES_MAX);
    if (version_max > 2 || frames_max == 0 || frames_max > GNTTAB_FRAMES_MAX ||
        maptrack_frames_max > GNTTAB_MAPTRACK_FRAMES_MAX) {
        return -XEN_EINVAL;
    }
    t = heap_zalloc(sizeof(*t));
    if (!t) {
        return -XEN_ENOMEM;
    }
    lock_init(&t->lock, LOCK_GNTTAB);
    t->version = 1;
    t->version_max = version_max;
    t->frames_max = frames_max;
    d->gnttab = t;
    error = table_make(d, maptrack_frames_max);
    if (error) {
        gnttab_free(d);
    }
    return error;
}

static void unshare(struct domain *d, void *address)
{
    if (address && mm_unshare_frame(d, address)) {
        port_panic("a frame of the grant table of d%u is in use after its end", d->id);
    }
}

void gnttab_free(struct domain *d)
{
    struct gnttab *t = d->gnttab;

    if (!t) {
        return;
    }
    for (uint32_t i = 0; i < t->frames; i++) {
        unshare(d, t->shared[i]);
    }
    for (uint32_t i = 0; t->active && i < t->frames_max; i++) {
        heap_free(t->active[i]);
    }
    for (uint32_t i = 0; i < t->status_frames; i++) {
        unshare(d, t->status[i]);
    }
    gnttab_maptrack_free(&t->maptrack);
    heap_free(t->shared);
    heap_free(t->active);
    heap_free(t->status);
    d->gnttab = NULL;
    heap_free(t);
}

void gnttab_close(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->gnttab->lock);

    d->gnttab->closed = true;
    lock_release(token);
}

static int frame_find(struct domain *d, uint32_t index, bool status, mfn_t *frame)
{
    struct gnttab *t = d->gnttab;
    uint32_t need = status ? index * (GNTTAB_STATUS_A_FRAME / GNTTAB_V2_A_FRAME) + 1 : index + 1;
    int error;

    if (index >= GNTTAB_FRAMES_MAX || (status && t->version != 2)) {
        return -XEN_EINVAL;
    }
    error = table_grow(d, MAX(need, t->frames));
    if (!error) {
        uint32_t n = (uint32_t)index_nospec(index, status ? t->status_frames : t->frames);

        *frame = port_hv_frame(status ? (void *)t->status[n] : t->shared[n]);
    }
    return error;
}

int gnttab_frame(struct domain *d, uint32_t index, bool status, mfn_t *frame)
{
    struct lock_token token;
    int error;

    if (!d->gnttab) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&d->gnttab->lock);
    error = frame_find(d, index, status, frame);
    lock_release(token);
    return error;
}

uint32_t gnttab_frames_max(const struct domain *d, bool status)
{
    if (!d->gnttab || (status && d->gnttab->version_max < 2)) {
        return 0;
    }
    return status ? gnttab_status_need(d->gnttab->frames_max) : d->gnttab->frames_max;
}

bool gnttab_reserve(struct domain *d, uint32_t frames)
{
    struct lock_token token;
    int error;

    if (!d->gnttab) {
        return false;
    }
    token = lock_acquire(&d->gnttab->lock);
    error = table_grow(d, frames);
    lock_release(token);
    return !error;
}

uint32_t gnttab_frame_count(struct domain *d)
{
    return d->gnttab ? port_read_u32(&d->gnttab->frames) : 0;
}

uint32_t gnttab_status_frame_count(struct domain *d)
{
    struct lock_token token;
    uint32_t count;

    if (!d->gnttab) {
        return 0;
    }
    token = lock_acquire(&d->gnttab->lock);
    count = d->gnttab->version == 2 ? gnttab_status_need(d->gnttab->frames) : 0;
    lock_release(token);
    return count;
}

uint32_t gnttab_version(const struct domain *d)
{
    return d->gnttab ? port_read_u32(&d->gnttab->version) : 0;
}
