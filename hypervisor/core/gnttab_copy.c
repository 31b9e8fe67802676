/* SPDX-License-Identifier: MIT */
/* Copying between grants and a domain's own frames. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "core/gnttab_use.h"
#include "core/page_type.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"

#define CHAIN_MAX 2u /* a grant that passes on another one; no further */

/* One side of a copy, with what it holds. */
struct side {
    bool write;
    struct domain *domain; /* whose grant or frame it is */
    mfn_t frame;
    uint16_t start, length;
    bool own, typed; /* a reference to a frame of the caller's own; the writable type */
    unsigned int chain_length;
    struct {
        struct domain *granter;
        grant_ref_t ref;
    } chain[CHAIN_MAX]; /* grants in use */
};

static unsigned int side_use(const struct side *s)
{
    return GNTTAB_USE(s->write ? GNTTAB_HOST_WRITE : GNTTAB_HOST_READ);
}

static void side_release(struct side *s)
{
    if (s->typed) {
        frame_put_type(s->frame);
    }
    if (s->own) {
        frame_put(s->frame);
    }
    while (s->chain_length > 0) {
        s->chain_length--;
        gnttab_use_end(s->chain[s->chain_length].granter, s->chain[s->chain_length].ref, side_use(s));
        domain_put(s->chain[s->chain_length].granter);
    }
    if (s->domain) {
        domain_put(s->domain);
    }
}

static int16_t side_find_domain(struct side *s, const struct gnttab_copy_ptr *p, bool by_ref)
{
    if (p->domid != DOMID_SELF && !by_ref) {
        return GNTST_permission_denied;
    }
    s->domain = domain_get_or_self(p->domid);
    return s->domain ? GNTST_okay : GNTST_bad_domain;
}

/* Begins to use a grant of granter's to user, and remembers it. */
static int16_t side_use_grant(struct side *s, struct domain *granter, grant_ref_t ref, domid_t user,
                              struct gnttab_granted *granted)
{
    struct gnttab_wish wish = {user, side_use(s), true};
    int16_t status = gnttab_use_begin(granter, ref, &wish, granted);

    if (status == GNTST_okay) {
        domain_ref(granter);
        s->chain[s->chain_length].granter = granter;
        s->chain[s->chain_length].ref = ref;
        s->chain_length++;
    }
    return status;
}

/* The grant that another one passes on: it was given to the domain that passes it on, and is its last. */
static int16_t side_follow(struct side *s, struct gnttab_granted *granted)
{
    struct domain *next = granted->next_granter == s->domain->id ? NULL : domain_get(granted->next_granter);
    int16_t status;

    if (!next) {
        return GNTST_general_error;
    }
    status = side_use_grant(s, next, granted->next_ref, s->domain->id, granted);
    domain_put(next);
    return status == GNTST_okay && granted->passes_on ? GNTST_general_error : status;
}

static int16_t side_claim_grant(struct side *s, const struct domain *d, grant_ref_t ref)
{
    struct gnttab_granted granted;
    int16_t status = side_use_grant(s, s->domain, ref, d->id, &granted);

    if (status == GNTST_okay && granted.passes_on) {
        status = side_follow(s, &granted);
    }
    if (status == GNTST_okay) {
        s->frame = granted.frame;
        s->start = granted.start;
        s->length = granted.length;
    }
    return status;
}

static int16_t side_claim_own(struct side *s, xen_pfn_t frame)
{
    if (!frame_get(mfn(frame), s->domain)) {
        return GNTST_bad_page;
    }
    s->own = true;
    s->frame = mfn(frame);
    s->length = (uint16_t)PAGE_SIZE;
    return GNTST_okay;
}

static int16_t side_claim(struct side *s, const struct domain *d, const struct gnttab_copy_ptr *p,
                          bool by_ref)
{
    int16_t status = by_ref ? side_claim_grant(s, d, p->u.ref) : side_claim_own(s, p->u.gmfn);

    if (status == GNTST_okay && s->write) {
        s->typed = frame_get_type(s->frame, FRAME_WRITABLE) == 0;
        status = s->typed ? GNTST_okay : GNTST_general_error;
    }
    return status;
}

static bool side_covers(const struct side *s, uint16_t offset, uint16_t length)
{
    return offset >= s->start && (uint32_t)offset + length <= (uint32_t)s->start + s->length;
}

static int16_t sides_copy(const struct gnttab_copy *op, const struct side *from, const struct side *to)
{
    uint8_t *destination;
    const uint8_t *source;

    if ((uint32_t)op->source.offset + op->len > PAGE_SIZE ||
        (uint32_t)op->dest.offset + op->len > PAGE_SIZE) {
        return GNTST_bad_copy_arg;
    }
    if (!side_covers(from, op->source.offset, op->len) || !side_covers(to, op->dest.offset, op->len)) {
        return GNTST_general_error;
    }
    source = port_map_frame(from->frame);
    destination = port_map_frame(to->frame);
    memmove(destination + op->dest.offset, source + op->source.offset, op->len);
    port_unmap_frame(destination);
    port_unmap_frame(source);
    return GNTST_okay;
}

void gnttab_copy(struct domain *d, struct gnttab_copy *op)
{
    bool from_ref = op->flags & GNTCOPY_source_gref, to_ref = op->flags & GNTCOPY_dest_gref;
    struct side from = {.write = false}, to = {.write = true};
    int16_t status = side_find_domain(&from, &op->source, from_ref);

    if (status == GNTST_okay) {
        status = side_find_domain(&to, &op->dest, to_ref);
    }
    if (status == GNTST_okay) {
        status = side_claim(&from, d, &op->source, from_ref);
    }
    if (status == GNTST_okay) {
        status = side_claim(&to, d, &op->dest, to_ref);
    }
    if (status == GNTST_okay) {
        status = sides_copy(op, &from, &to);
    }
    side_release(&to);
    side_release(&from);
    op->status = status;
}
