/* SPDX-License-Identifier: MIT */
/*
 * Frames of domains: their lists and accounts. A frame is in its owner's list from the moment that it has
 * FRAME_ALLOCATED until its last reference goes. The memory of a shared frame of the hypervisor outlives its
 * references: it ends by mm_unshare_frame.
 */
#include "core/domain.h"
#include "core/mm.h"
#include "core/page_type.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define M2P_INVALID (~0ull)

void mm_domain_init(struct domain *d)
{
    d->mm = (struct mm_domain){.frame_count = 0};
    lock_init(&d->mm.lock, LOCK_DOMAIN_FRAMES);
}

static void list_push(uint32_t *head, uint64_t n)
{
    struct frame *f = &frame_table[n];

    f->prev = 0;
    f->next = *head;
    if (*head) {
        frame_table[*head].prev = (uint32_t)n;
    }
    *head = (uint32_t)n;
}

/* Takes a frame out of whichever list of the domain it is in. */
static void list_unlink(struct mm_domain *mm, uint64_t n)
{
    struct frame *f = &frame_table[n];

    if (f->next) {
        frame_table[f->next].prev = f->prev;
    }
    if (f->prev) {
        frame_table[f->prev].next = f->next;
    } else if (mm->frames_head == n) {
        mm->frames_head = f->next;
    } else if (mm->held_head == n) {
        mm->held_head = f->next;
    } else if (mm->hv_head == n) {
        mm->hv_head = f->next;
    }
    f->next = f->prev = 0;
}

/* A domain with frames refers to itself. Under its lock. True: count more frames were the first. */
static bool account_add(struct mm_domain *mm, uint64_t count, uint32_t hv_count)
{
    bool first = mm->frame_count == 0 && mm->hv_frames == 0;

    mm->frame_count += count;
    mm->hv_frames += hv_count;
    return first;
}

/* True: these were the last, the domain's reference to itself is the caller's to drop, with no lock held. */
static bool account_remove(struct mm_domain *mm, uint64_t count, uint32_t hv_count)
{
    mm->frame_count -= count;
    mm->hv_frames -= hv_count;
    return mm->frame_count == 0 && mm->hv_frames == 0;
}

/* Counts frames that are going to be the domain's. 0 or -XEN_ENOMEM. */
static int account_reserve(struct domain *d, uint64_t count, bool within_max)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    bool first = false;
    int rc = -XEN_ENOMEM;

    if (d->life == DOMAIN_ALIVE && (!within_max || (d->mm.frame_count <= d->mm.frame_max &&
                                                    count <= d->mm.frame_max - d->mm.frame_count))) {
        first = account_add(&d->mm, count, 0);
        rc = 0;
    }
    lock_release(token);
    if (first) {
        domain_ref(d);
    }
    return rc;
}

static void account_cancel(struct domain *d, uint64_t count)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    bool last = account_remove(&d->mm, count, 0);

    lock_release(token);
    if (last) {
        domain_put(d);
    }
}

int mm_reserve(struct domain *d, uint64_t count)
{
    return account_reserve(d, count, false);
}

void mm_unreserve(struct domain *d, uint64_t count)
{
    account_cancel(d, count);
}

/* Frames that were reserved for become the domain's, unless it has begun to die. */
static bool frames_assign(struct domain *d, mfn_t first, uint64_t count)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    bool alive = d->life == DOMAIN_ALIVE;

    for (uint64_t n = first.n; alive && n < first.n + count; n++) {
        list_push(&d->mm.frames_head, n);
        /* From here on the guest may refer to it: after all else. */
        port_write_release_u64(&frame_table[n].refs,
                               FRAME_ALLOCATED | (uint64_t)d->id << FRAME_OWNER_SHIFT | 1);
    }
    lock_release(token);
    return alive;
}

static int frames_alloc(struct domain *d, unsigned int order, unsigned int address_bits, bool zeroed,
                        mfn_t *first)
{
    int rc;

    if (order > FRAME_ORDER_MAX) {
        return -XEN_ENOMEM;
    }
    rc = account_reserve(d, 1ull << order, true);
    if (rc) {
        return rc;
    }
    *first = frame_alloc(order, address_bits, d, zeroed);
    if (mfn_valid_number(*first)) {
        if (frames_assign(d, *first, 1ull << order)) {
            return 0;
        }
        frame_free(*first, order, false);
    }
    account_cancel(d, 1ull << order);
    return -XEN_ENOMEM;
}

int mm_alloc(struct domain *d, unsigned int order, unsigned int address_bits, mfn_t *first)
{
    return frames_alloc(d, order, address_bits, true, first);
}

int mm_alloc_unscrubbed(struct domain *d, unsigned int order, mfn_t *first)
{
    return frames_alloc(d, order, 0, false, first);
}

void mm_frame_released(struct domain *d, mfn_t m, uint64_t refs)
{
    bool hv = refs & FRAME_HV, last;
    struct lock_token token;

    ASSERT(d && (hv || !frame_type_in_use(m)));
    if (refs & FRAME_UNCACHED) {
        port_cache_flush_all();
    }
    token = lock_acquire(&d->mm.lock);
    list_unlink(&d->mm, m.n);
    last = account_remove(&d->mm, hv ? 0 : 1, hv ? 1 : 0);
    lock_release(token);
    if (!hv) {
        port_m2p_set(m, M2P_INVALID);
        frame_free(m, 0, true);
    }
    if (last) {
        domain_put(d);
    }
}

/* Takes the owner's own reference of a frame; the caller holds another one. False: it was taken before. */
static bool allocated_drop(mfn_t m)
{
    if (!(port_and_u64(&frame_of(m)->refs, ~FRAME_ALLOCATED) & FRAME_ALLOCATED)) {
        return false;
    }
    frame_put(m);
    return true;
}

int mm_release(struct domain *d, mfn_t m)
{
    int rc = 0;

    if (!frame_get(m, d)) {
        return -XEN_EINVAL;
    }
    if (port_read_u64(&frame_of(m)->refs) & FRAME_HV) {
        rc = -XEN_EINVAL;
    } else if (allocated_drop(m)) {
        port_m2p_set(m, M2P_INVALID);
    }
    frame_put(m);
    return rc;
}

int mm_steal(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t alone = FRAME_ALLOCATED | (uint64_t)d->id << FRAME_OWNER_SHIFT | 1, refs;
    struct lock_token token;
    bool last;

    if (!f || frame_is_io(m)) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&d->mm.lock);
    refs = port_read_u64(&f->refs);
    /* A frame whose only reference is its owner's has no type in use and no pin; without references none can
     * be taken. */
    if ((refs & ~(FRAME_FOREIGN | FRAME_UNCACHED)) != alone || !port_cas_u64(&f->refs, &refs, 0)) {
        lock_release(token);
        return -XEN_EINVAL;
    }
    list_unlink(&d->mm, m.n);
    last = account_remove(&d->mm, 1, 0);
    lock_release(token);
    if (refs & FRAME_UNCACHED) {
        port_cache_flush_all();
    }
    port_m2p_set(m, M2P_INVALID);
    port_write_u64(&f->type, page_type_stamped(port_tlb_clock()));
    if (last) {
        domain_put(d);
    }
    return 0;
}

/*
 * No CPU keeps a translation from the time of the old owner. Many frames that were stolen together cost one
 * flush, one that comes from the allocator none.
 */
static void stolen_flush(mfn_t m)
{
    uint64_t word = port_read_u64(&frame_of(m)->type);
    struct cpumask stale = CPUMASK_NONE;

    if (word != 0) {
        stale = port_tlb_stale(port_cpus_online(), page_type_stamp(word));
    }
    if (!cpumask_empty(stale)) {
        port_tlb_flush_all(stale);
    }
    port_write_u64(&frame_of(m)->type, 0);
}

int mm_give(struct domain *d, mfn_t m, bool within_max)
{
    int rc = account_reserve(d, 1, within_max);

    if (rc) {
        return rc;
    }
    stolen_flush(m);
    if (!frames_assign(d, m, 1)) {
        account_cancel(d, 1);
        rc = -XEN_ENOMEM;
    }
    return rc;
}

void *mm_share_frame(struct domain *d, bool writable)
{
    mfn_t m = frame_alloc_hv(0);
    struct lock_token token;
    bool first;

    if (!mfn_valid_number(m)) {
        return NULL;
    }
    port_clear_frame(m);
    /* The hypervisor's own use counts as one of the type: the guest can never make another one of it. */
    port_write_u64(&frame_of(m)->type,
                   page_type_bits(writable ? FRAME_WRITABLE : FRAME_NONE) | PAGE_TYPE_VALIDATED | 1);
    token = lock_acquire(&d->mm.lock);
    first = account_add(&d->mm, 0, 1);
    list_push(&d->mm.hv_head, m.n);
    port_write_release_u64(&frame_of(m)->refs,
                           FRAME_HV | FRAME_ALLOCATED | (uint64_t)d->id << FRAME_OWNER_SHIFT | 1);
    lock_release(token);
    if (first) {
        domain_ref(d);
    }
    return port_hv_address(m);
}

void mm_share_xen(mfn_t first, uint64_t count, bool writable)
{
    for (uint64_t n = first.n; n < first.n + count; n++) {
        port_write_u64(&frame_table[n].type,
                       page_type_bits(writable ? FRAME_WRITABLE : FRAME_NONE) | PAGE_TYPE_VALIDATED | 1);
        port_write_release_u64(&frame_table[n].refs,
                               FRAME_HV | FRAME_ALLOCATED | (uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT | 1);
    }
}

int mm_unshare_frame(struct domain *d, void *address)
{
    mfn_t m = port_hv_frame(address);
    struct frame *f = frame_of(m);
    uint64_t refs = port_read_u64(&f->refs);

    ASSERT(refs & FRAME_HV && (refs & FRAME_OWNER_MASK) >> FRAME_OWNER_SHIFT == d->id);
    if (refs & FRAME_ALLOCATED) {
        if ((refs & FRAME_COUNT_MASK) != 1 || !port_cas_u64(&f->refs, &refs, refs - 1 - FRAME_ALLOCATED)) {
            return -XEN_EBUSY;
        }
        mm_frame_released(d, m, refs);
    } else if ((refs & FRAME_COUNT_MASK) != 0) {
        return -XEN_EBUSY;
    }
    port_write_u64(&f->type, 0);
    frame_free(m, 0, true);
    return 0;
}

int mm_unshare_begin(struct domain *d, void *address)
{
    struct frame *f = frame_of(port_hv_frame(address));
    uint64_t alone = FRAME_HV | FRAME_ALLOCATED | (uint64_t)d->id << FRAME_OWNER_SHIFT | 1;
    uint64_t refs = port_read_u64(&f->refs);

    ASSERT((refs & (FRAME_HV | FRAME_OWNER_MASK)) == (alone & (FRAME_HV | FRAME_OWNER_MASK)));
    if ((refs & (FRAME_ALLOCATED | FRAME_COUNT_MASK)) != (FRAME_ALLOCATED | 1)) {
        return -XEN_EBUSY;
    }
    return port_cas_u64(&f->refs, &refs, refs - 1 - FRAME_ALLOCATED) ? 0 : -XEN_EBUSY;
}

void mm_unshare_cancel(struct domain *d, void *address)
{
    struct frame *f = frame_of(port_hv_frame(address));

    ASSERT((port_read_u64(&f->refs) & FRAME_OWNER_MASK) >> FRAME_OWNER_SHIFT == d->id);
    port_or_u64(&f->refs, FRAME_ALLOCATED | 1);
}

void mm_unshare_end(struct domain *d, void *address)
{
    mfn_t m = port_hv_frame(address);

    mm_frame_released(d, m, port_read_u64(&frame_of(m)->refs));
    port_write_u64(&frame_of(m)->type, 0);
    frame_free(m, 0, true);
}

/* The next frame of a dying domain's list, which it leaves for that of the held ones; MFN_INVALID at the end.
 */
static mfn_t relinquish_next(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    uint32_t n = d->mm.frames_head;

    if (n) {
        list_unlink(&d->mm, n);
        list_push(&d->mm.held_head, n);
        /* One that is being freed by another CPU just now has no reference any more. */
        if (!frame_get(mfn(n), d)) {
            n = 0;
        }
    }
    lock_release(token);
    return n ? mfn(n) : d->mm.frames_head ? mfn(0) : MFN_INVALID;
}

static void relinquish_later(struct domain *d, mfn_t m)
{
    struct lock_token token = lock_acquire(&d->mm.lock);

    list_unlink(&d->mm, m.n);
    list_push(&d->mm.frames_head, m.n);
    lock_release(token);
}

/* Drops a reference that was a pin's. False: preempted, the pin has it again. */
static bool pin_drop(mfn_t m)
{
    while (frame_put_with_type_preemptible(m)) {
        if (frame_pin(m)) {
            return false;
        }
        /* The first domain has pinned it just now: with its reference this one is not the last. */
    }
    return true;
}

/* Takes from a frame what its dead owner held: pin and own reference. The caller's is dropped as well. */
static int relinquish_frame(struct domain *d, mfn_t m)
{
    frame_adopt_partial(m);
    if (frame_unpin(m) && !pin_drop(m)) {
        relinquish_later(d, m);
        frame_put(m);
        return -XEN_ERESTART;
    }
    allocated_drop(m);
    frame_put(m);
    return 0;
}

/* The shared frames stay the hypervisor's, but the domain holds no reference to them any more. */
static void relinquish_shared(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    uint32_t n = d->mm.hv_head, next;

    for (; n; n = next) {
        bool held = frame_get(mfn(n), d);

        next = frame_table[n].next;
        lock_release(token);
        if (held) {
            allocated_drop(mfn(n));
            frame_put(mfn(n));
        }
        token = lock_acquire(&d->mm.lock);
    }
    lock_release(token);
}

int mm_relinquish(struct domain *d)
{
    bool moved = false;
    mfn_t m;
    int rc = frame_claim(d, 0);

    ASSERT(rc == 0);
    while (mfn_valid_number(m = relinquish_next(d))) {
        if (m.n && relinquish_frame(d, m)) {
            return -XEN_ERESTART;
        }
        if (moved && port_preempt_pending()) {
            return -XEN_ERESTART;
        }
        moved = true;
    }
    relinquish_shared(d);
    return 0;
}
