/* SPDX-License-Identifier: MIT */
/* Handles of mappings: see core/gnttab_maptrack.h. */
#include "core/gnttab_maptrack.h"

#include "core/heap.h"
#include "lib/nospec.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define HANDLES_A_FRAME ((uint32_t)(PAGE_SIZE / sizeof(struct gnttab_mapping)))

int gnttab_maptrack_init(struct gnttab_maptrack *m, uint32_t frames_max)
{
    lock_init(&m->lock, LOCK_GNTTAB_MAPTRACK);
    m->frames_max = frames_max;
    m->free_head = GNTTAB_HANDLE_NONE;
    if (frames_max == 0) {
        return 0;
    }
    m->pages = heap_zalloc(frames_max * sizeof(*m->pages));
    return m->pages ? 0 : -XEN_ENOMEM;
}

void gnttab_maptrack_free(struct gnttab_maptrack *m)
{
    for (uint32_t i = 0; i < m->frames; i++) {
        heap_free(m->pages[i]);
    }
    heap_free(m->pages);
}

/* Of a handle that exists. Under the lock. */
static struct gnttab_mapping *mapping_at(const struct gnttab_maptrack *m, grant_handle_t handle)
{
    uint64_t count = (uint64_t)m->frames * HANDLES_A_FRAME, n = index_nospec(handle, count);

    return &m->pages[n / HANDLES_A_FRAME][n % HANDLES_A_FRAME];
}

static void mapping_release(struct gnttab_maptrack *m, grant_handle_t handle)
{
    *mapping_at(m, handle) = (struct gnttab_mapping){.ref = m->free_head, .state = GNTTAB_MAPPING_FREE};
    m->free_head = handle;
}

static bool maptrack_grow(struct gnttab_maptrack *m)
{
    grant_handle_t first = m->frames * HANDLES_A_FRAME;
    struct gnttab_mapping *page;

    if (m->frames >= m->frames_max) {
        return false;
    }
    page = heap_zalloc(PAGE_SIZE);
    if (!page) {
        return false;
    }
    m->pages[m->frames++] = page;
    for (uint32_t i = HANDLES_A_FRAME; i-- > 0;) {
        mapping_release(m, first + i);
    }
    return true;
}

grant_handle_t gnttab_maptrack_take(struct gnttab_maptrack *m)
{
    struct lock_token token = lock_acquire(&m->lock);
    grant_handle_t handle = GNTTAB_HANDLE_NONE;

    if (m->free_head != GNTTAB_HANDLE_NONE || maptrack_grow(m)) {
        struct gnttab_mapping *mapping;

        handle = m->free_head;
        mapping = mapping_at(m, handle);
        m->free_head = mapping->ref;
        mapping->state = GNTTAB_MAPPING_BUSY;
        m->used++;
    }
    lock_release(token);
    return handle;
}

void gnttab_maptrack_set(struct gnttab_maptrack *m, grant_handle_t handle,
                         const struct gnttab_mapping *mapping)
{
    struct lock_token token = lock_acquire(&m->lock);

    ASSERT(mapping_at(m, handle)->state == GNTTAB_MAPPING_BUSY);
    if (mapping->flags & (GNTMAP_device_map | GNTMAP_host_map)) {
        *mapping_at(m, handle) = *mapping;
        mapping_at(m, handle)->state = GNTTAB_MAPPING_LIVE;
    } else {
        mapping_release(m, handle);
        m->used--;
    }
    lock_release(token);
}

bool gnttab_maptrack_claim(struct gnttab_maptrack *m, grant_handle_t handle, struct gnttab_mapping *mapping)
{
    struct lock_token token = lock_acquire(&m->lock);
    bool live =
        handle < (uint64_t)m->frames * HANDLES_A_FRAME && mapping_at(m, handle)->state == GNTTAB_MAPPING_LIVE;

    if (live) {
        mapping_at(m, handle)->state = GNTTAB_MAPPING_BUSY;
        *mapping = *mapping_at(m, handle);
    }
    lock_release(token);
    return live;
}

grant_handle_t gnttab_maptrack_end(const struct gnttab_maptrack *m)
{
    return port_read_u32(&m->frames) * HANDLES_A_FRAME;
}
