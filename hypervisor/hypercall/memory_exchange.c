/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a domain gives frames back and gets as many in extents of another order.
 *
 * The work goes in chunks, the larger of the two extents: a chunk is done as a whole or not at all. Its new
 * frames are allocated and the guest's lists are read before anything is taken from the domain; nr_exchanged
 * in the guest's argument says how far it is.
 */
#include "core/domain.h"
#include "core/frame_alloc.h"
#include "core/heap.h"
#include "hypercall/memory.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"

/* A frame that was taken from the domain, and its entry in the M2P. */
struct exchange_old {
    mfn_t frame;
    uint64_t pfn;
};

struct exchange_new {
    mfn_t first;
    xen_pfn_t pfn;
};

struct exchange {
    struct xen_memory_exchange in;
    struct domain *d;
    struct memory_place place;
    unsigned int old_extents, new_extents; /* logarithms of how many make a chunk: one of them is 0 */
    struct exchange_old *old;              /* of the chunk */
    struct exchange_new *new;
    uint64_t old_count, new_count;
};

static void exchange_free_new(struct exchange *x)
{
    while (x->new_count > 0) {
        frame_free(x->new[--x->new_count].first, x->in.out.extent_order, false);
    }
}

/* The new extents of a chunk, and the pfns that the guest wants them to have. */
static int exchange_prepare(struct exchange *x, uint64_t chunk)
{
    uint64_t count = 1ull << x->new_extents;

    for (x->new_count = 0; x->new_count < count; x->new_count++) {
        struct exchange_new *n = &x->new[x->new_count];

        if (GUEST_ARRAY_GET(&n->pfn, GUEST_HANDLE_VA(x->in.out.extent_start), chunk * count + x->new_count)) {
            return -XEN_EFAULT;
        }
        n->first = x->place.nowhere ? MFN_INVALID
                                    : frame_alloc(x->in.out.extent_order, x->place.address_bits, NULL, true);
        if (!mfn_valid_number(n->first)) {
            return -XEN_ENOMEM;
        }
    }
    return 0;
}

/* Gives the domain back what was taken; one that is dying gets nothing any more. */
static void exchange_return_old(struct exchange *x)
{
    while (x->old_count > 0) {
        const struct exchange_old *o = &x->old[--x->old_count];

        if (mm_give(x->d, o->frame, false)) {
            frame_free(o->frame, 0, true);
        } else {
            port_m2p_set(o->frame, o->pfn);
        }
    }
}

static int exchange_take_frame(struct exchange *x, mfn_t m)
{
    struct exchange_old *o = &x->old[x->old_count];
    int error;

    *o = (struct exchange_old){m, port_m2p_get(m)};
    error = mm_steal(x->d, m);
    if (!error) {
        x->old_count++;
    }
    return error;
}

static int exchange_take_old(struct exchange *x, uint64_t chunk)
{
    uint64_t count = 1ull << x->old_extents, frames = 1ull << x->in.in.extent_order;
    int error = 0;

    x->old_count = 0;
    for (uint64_t i = 0; i < count && !error; i++) {
        xen_pfn_t first;

        if (GUEST_ARRAY_GET(&first, GUEST_HANDLE_VA(x->in.in.extent_start), chunk * count + i)) {
            return -XEN_EFAULT;
        }
        for (uint64_t k = 0; k < frames && !error; k++) {
            error = exchange_take_frame(x, mfn(first + k));
        }
    }
    return error;
}

static int exchange_give_extent(struct exchange *x, const struct exchange_new *n)
{
    int error = 0;

    for (uint64_t k = 0; k < 1ull << x->in.out.extent_order; k++) {
        mfn_t m = mfn(n->first.n + k);

        if (mm_give(x->d, m, false)) {
            frame_free(m, 0, false);
            error = -XEN_EINVAL; /* it is dying */
        } else {
            port_m2p_set(m, n->pfn + k);
        }
    }
    return error;
}

/* Nothing can fail from here on but the guest itself: it dies, or its list cannot be written. */
static int exchange_commit(struct exchange *x, uint64_t chunk)
{
    uint64_t count = 1ull << x->new_extents;
    int error = 0;

    while (x->old_count > 0) {
        frame_free(x->old[--x->old_count].frame, 0, true);
    }
    for (uint64_t i = 0; i < count; i++) {
        xen_pfn_t frame = x->new[i].first.n;
        int failed = exchange_give_extent(x, &x->new[i]);

        if (!failed) {
            failed = GUEST_ARRAY_PUT(GUEST_HANDLE_VA(x->in.out.extent_start), chunk * count + i, &frame);
        }
        error = failed ? failed : error;
    }
    x->new_count = 0;
    return error;
}

static int exchange_take_and_commit(struct exchange *x, uint64_t chunk)
{
    uint64_t frames = 1ull << (x->in.in.extent_order + x->old_extents);
    int error = mm_reserve(x->d, frames);

    if (error) {
        exchange_free_new(x);
        return error;
    }
    error = exchange_take_old(x, chunk);
    if (error) {
        exchange_return_old(x);
        exchange_free_new(x);
    } else {
        error = exchange_commit(x, chunk);
    }
    mm_unreserve(x->d, frames);
    return error;
}

static int exchange_chunk(struct exchange *x, uint64_t chunk)
{
    int error = exchange_prepare(x, chunk);

    if (error) {
        exchange_free_new(x);
        return error;
    }
    return exchange_take_and_commit(x, chunk);
}

static int exchange_chunks(struct exchange *x)
{
    uint64_t chunk = x->in.nr_exchanged >> x->old_extents, end = x->in.in.nr_extents >> x->old_extents;
    int error = 0;

    while (chunk < end && !error) {
        error = exchange_chunk(x, chunk);
        if (!error) {
            chunk++;
            if (chunk < end && port_preempt_pending()) {
                error = -XEN_ERESTART;
            }
        }
    }
    x->in.nr_exchanged = chunk < end ? chunk << x->old_extents : x->in.in.nr_extents;
    return error;
}

static int exchange_run(struct exchange *x)
{
    unsigned int old_order = x->in.in.extent_order, new_order = x->in.out.extent_order;
    int error = -XEN_ENOMEM;

    x->old_extents = new_order > old_order ? new_order - old_order : 0;
    x->new_extents = old_order > new_order ? old_order - new_order : 0;
    x->old = heap_zalloc(sizeof(*x->old) << (old_order + x->old_extents));
    x->new = heap_zalloc(sizeof(*x->new) << x->new_extents);
    if (x->old && x->new) {
        error = exchange_chunks(x);
    }
    heap_free(x->old);
    heap_free(x->new);
    return error;
}

/* Both lists lie in the guest's memory, and hold the same number of frames. */
static int exchange_check(const struct xen_memory_exchange *in)
{
    const struct xen_memory_reservation *give = &in->in, *get = &in->out;
    unsigned int max = MEMORY_ORDER_MAX;

    if (give->extent_order > max || get->extent_order > max) {
        return -XEN_EPERM;
    }
    if (in->nr_exchanged > give->nr_extents || give->domid != get->domid ||
        ~0ull >> give->extent_order < give->nr_extents || ~0ull >> get->extent_order < get->nr_extents ||
        give->nr_extents << give->extent_order != get->nr_extents << get->extent_order) {
        return -XEN_EINVAL;
    }
    if (give->nr_extents > UINT64_MAX / sizeof(xen_pfn_t) ||
        get->nr_extents > UINT64_MAX / sizeof(xen_pfn_t) ||
        !guest_range_ok(GUEST_HANDLE_VA(give->extent_start), give->nr_extents * sizeof(xen_pfn_t)) ||
        !guest_range_ok(GUEST_HANDLE_VA(get->extent_start), get->nr_extents * sizeof(xen_pfn_t))) {
        return -XEN_EFAULT;
    }
    return 0;
}

static int exchange_for_target(struct exchange *x)
{
    int error = exchange_check(&x->in);

    if (error || x->in.nr_exchanged == x->in.in.nr_extents) {
        return error;
    }
    error = memory_target(x->in.in.domid, &x->d);
    if (error) {
        return error;
    }
    error = memory_place_decode(CURRENT_DOMAIN(), x->in.out.mem_flags, &x->place);
    if (!error) {
        error = exchange_run(x);
    }
    domain_put(x->d);
    return error;
}

int64_t memory_exchange(guest_va_t at)
{
    struct exchange x = {.d = NULL};
    int error;

    if (port_copy_from_guest(&x.in, at, sizeof(x.in))) {
        return -XEN_EFAULT;
    }
    error = exchange_for_target(&x);
    if (port_copy_to_guest(guest_va(at.n + offsetof(struct xen_memory_exchange, nr_exchanged)),
                           &x.in.nr_exchanged, sizeof(x.in.nr_exchanged))) {
        return -XEN_EFAULT;
    }
    return error;
}
