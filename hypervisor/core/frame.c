/* SPDX-License-Identifier: MIT */
/* References to frames: see core/frame.h. */
#include "core/frame.h"

#include "core/domain.h"
#include "port/cpu.h"

struct frame *frame_table;
uint64_t frame_table_count, frame_table_mask;

void frame_table_init(struct frame *table, uint64_t count)
{
    frame_table = table;
    frame_table_count = count;
    frame_table_mask = 0;
    while (frame_table_mask + 1 < count) {
        frame_table_mask = frame_table_mask << 1 | 1;
    }
}

static domid_t frame_owner_id(uint64_t refs)
{
    return (domid_t)((refs & FRAME_OWNER_MASK) >> FRAME_OWNER_SHIFT);
}

/* A free frame, or one that is on its way to that, has no references: none can be taken from it. */
static bool frame_refs_full_or_none(uint64_t refs)
{
    uint64_t count = refs & FRAME_COUNT_MASK;

    return count == 0 || count >= FRAME_COUNT_MAX;
}

bool frame_get(mfn_t m, const struct domain *owner)
{
    struct frame *f = frame_known(m);
    uint64_t refs;

    if (UNLIKELY(m.n >= frame_table_count)) {
        return false;
    }
    refs = port_read_u64(&f->refs);
    do {
        if (UNLIKELY(frame_refs_full_or_none(refs) || frame_owner_id(refs) != owner->id)) {
            return false;
        }
    } while (UNLIKELY(!port_cas_u64(&f->refs, &refs, refs + 1)));
    return true;
}

static struct domain *frame_domain(domid_t id)
{
    switch (id) {
    case DOMID_INVALID:
        return NULL;
    case DOMID_IO:
        return domain_io;
    case DOMID_XEN:
        return domain_xen;
    default:
        return domain_by_id(id);
    }
}

bool frame_get_any(mfn_t m, struct domain **owner)
{
    struct frame *f = frame_of(m);
    uint64_t refs;

    if (UNLIKELY(!f)) {
        return false;
    }
    refs = port_read_u64(&f->refs);
    do {
        if (UNLIKELY(frame_refs_full_or_none(refs))) {
            return false;
        }
    } while (UNLIKELY(!port_cas_u64(&f->refs, &refs, refs + 1)));
    *owner = frame_domain(frame_owner_id(refs));
    return true;
}

void frame_ref(mfn_t m)
{
    uint64_t before = port_add_u64(&frame_known(m)->refs, 1);

    ASSERT((before & FRAME_COUNT_MASK) != 0);
}

void frame_put(mfn_t m)
{
    uint64_t before = port_add_u64(&frame_known(m)->refs, ~0ull);

    ASSERT((before & FRAME_COUNT_MASK) != 0);
    if (UNLIKELY((before & FRAME_COUNT_MASK) == 1)) {
        mm_frame_released(frame_domain(frame_owner_id(before)), m, before);
    }
}

struct domain *frame_owner(mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t refs = f ? port_read_u64(&f->refs) : 0;

    return refs & FRAME_COUNT_MASK ? frame_domain(frame_owner_id(refs)) : NULL;
}

void frame_flag(mfn_t m, uint64_t flags)
{
    struct frame *f = frame_known(m);

    if ((port_read_u64(&f->refs) & flags) != flags) {
        port_or_u64(&f->refs, flags);
    }
}
