/* SPDX-License-Identifier: MIT */
/* GNTTABOP_cache_flush: caches of frames that a domain owns or has mapped by a grant. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "core/gnttab_table.h"
#include "port/map.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define SEARCH_BATCH 1024u /* entries looked at in one go */

/* 0: user uses a grant of the frame; 1: go on at *cursor; -XEN_EINVAL: it does not. Under the lock. */
static int grant_search(const struct gnttab *t, domid_t user, mfn_t m, grant_ref_t *cursor)
{
    uint32_t end = gnttab_entry_count(t), stop = MIN(end, *cursor + SEARCH_BATCH);

    for (grant_ref_t ref = *cursor; ref < stop; ref++) {
        const struct gnttab_active *a = gnttab_active(t, ref);

        if (gnttab_in_use(a) && !a->passes_on && a->user == user && a->frame.n == m.n) {
            return 0;
        }
    }
    *cursor = stop;
    return stop < end ? 1 : -XEN_EINVAL;
}

static int frame_check(const struct domain *d, const struct domain *owner, mfn_t m, grant_ref_t *cursor)
{
    struct lock_token token;
    int ret;

    if (d == owner) {
        return 0;
    }
    if (!owner->gnttab) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&owner->gnttab->lock);
    ret = grant_search(owner->gnttab, d->id, m, cursor);
    lock_release(token);
    return ret;
}

static int frame_flush(mfn_t m, const struct gnttab_cache_flush *op)
{
    char *page;

    /* There is an instruction that throws dirty lines away (INVD), but it does so for the whole cache. */
    if (op->op == GNTTAB_CACHE_INVAL) {
        return -XEN_EOPNOTSUPP;
    }
    page = port_map_frame(m);
    port_cache_flush(page + op->offset, op->length);
    port_unmap_frame(page);
    return 0;
}

int gnttab_cache_flush(const struct domain *d, const struct gnttab_cache_flush *op, grant_ref_t *cursor)
{
    mfn_t m = maddr_to_mfn(maddr(op->a.dev_bus_addr));
    struct domain *owner;
    int ret;

    if (op->offset >= PAGE_SIZE || (uint32_t)op->offset + op->length > PAGE_SIZE ||
        op->op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN)) {
        return -XEN_EINVAL;
    }
    if (op->length == 0 || op->op == 0) {
        return *cursor ? -XEN_EILSEQ : 0;
    }
    if (!frame_of(m)) {
        return -XEN_EINVAL; /* beyond all memory */
    }
    if (!frame_get_any(m, &owner)) {
        return -XEN_EPERM; /* nobody's, or the hypervisor's */
    }
    ret = frame_check(d, owner, m, cursor);
    if (ret == 0) {
        ret = frame_flush(m, op);
    }
    frame_put(m);
    return ret;
}
