/* SPDX-License-Identifier: MIT */
/*
 * memory_op: a domain's memory becomes more or less, extent by extent. These calls have no errors: they
 * return how many extents are done, those before an interruption counted.
 */
#include "core/domain.h"
#include "hypercall/memory.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"

/* A count of extents must fit beside the operation into 32 bits. */
#define EXTENTS_MAX (UINT32_MAX >> MEMORY_OPERATION_BITS)

struct reserve {
    struct domain *d;
    guest_va_t list; /* of frame numbers; 0: none */
    uint64_t count;
    unsigned int order;
    struct memory_place place;
};

static int64_t extent_alloc(const struct reserve *r, mfn_t *first)
{
    return r->place.nowhere ? -XEN_ENOMEM : mm_alloc(r->d, r->order, r->place.address_bits, first);
}

static bool extent_increase(const struct reserve *r, uint64_t i)
{
    xen_pfn_t frame;
    mfn_t first;

    if (extent_alloc(r, &first)) {
        return false;
    }
    frame = first.n;
    return r->list.n == 0 || GUEST_ARRAY_PUT(r->list, i, &frame) == 0;
}

static bool extent_populate(const struct reserve *r, uint64_t i)
{
    xen_pfn_t frame;
    mfn_t first;

    if (GUEST_ARRAY_GET(&frame, r->list, i) || extent_alloc(r, &first)) {
        return false;
    }
    for (uint64_t k = 0; k < 1ull << r->order; k++) {
        port_m2p_set(mfn(first.n + k), frame + k);
    }
    frame = first.n;
    return GUEST_ARRAY_PUT(r->list, i, &frame) == 0;
}

static bool extent_decrease(const struct reserve *r, uint64_t i)
{
    xen_pfn_t frame;

    if (GUEST_ARRAY_GET(&frame, r->list, i)) {
        return false;
    }
    for (uint64_t k = 0; k < 1ull << r->order; k++) {
        if (mm_release(r->d, mfn(frame + k))) {
            return false;
        }
    }
    return true;
}

static bool extent_do(const struct reserve *r, unsigned int operation, uint64_t i)
{
    switch (operation) {
    case XENMEM_increase_reservation:
        return extent_increase(r, i);
    case XENMEM_decrease_reservation:
        return extent_decrease(r, i);
    default:
        return extent_populate(r, i);
    }
}

/* Takes the argument: false when nothing of it can be done. r->d gets a reference. */
static bool reserve_decode(guest_va_t at, uint64_t start, struct reserve *r)
{
    struct xen_memory_reservation in;
    const struct domain *caller = CURRENT_DOMAIN();

    if (port_copy_from_guest(&in, at, sizeof(in)) || in.nr_extents > EXTENTS_MAX || start >= in.nr_extents ||
        in.extent_order > MEMORY_ORDER_MAX || memory_place_decode(caller, in.mem_flags, &r->place)) {
        return false;
    }
    r->list = GUEST_HANDLE_VA(in.extent_start);
    r->count = in.nr_extents;
    r->order = in.extent_order;
    return (r->list.n == 0 || guest_range_ok(r->list, r->count * sizeof(xen_pfn_t))) &&
           memory_target(in.domid, &r->d) == 0;
}

int64_t memory_reserve(struct hypercall_args *args, unsigned int operation, uint64_t start)
{
    struct reserve r;
    uint64_t i = start;
    bool preempted = false;

    if (!reserve_decode(hypercall_pointer(args, 1), start, &r)) {
        return (int64_t)start;
    }
    while (i < r.count && !preempted && extent_do(&r, operation, i)) {
        i++;
        preempted = i < r.count && port_preempt_pending();
    }
    domain_put(r.d);
    if (!preempted) {
        return (int64_t)i;
    }
    args->arg[0] = operation | i << MEMORY_OPERATION_BITS;
    return HYPERCALL_RESTART;
}
