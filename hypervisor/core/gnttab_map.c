/* SPDX-License-Identifier: MIT */
/*
 * Mapping grants and unmapping them.
 *
 * A live mapping holds a use of its grant for each half that it has, host (a page-table entry) and device;
 * each half holds a reference to the frame and, to write, its writable type. Those of the host half belong to
 * the page-table entry: a guest that overwrites the entry by other means gives them back and keeps only the
 * use.
 */
#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "core/gnttab_use.h"
#include "core/page_type.h"
#include "core/pt_update.h"
#include "core/pte.h"
#include "core/tlb.h"
#include "port/cpu.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define HALVES              ((uint32_t)(GNTMAP_device_map | GNTMAP_host_map))
#define FLAGS_KEPT          (HALVES | GNTMAP_readonly | GNTMAP_application_map | GNTMAP_contains_pte)
#define PTE_AVAILABLE_SHIFT 9
#define PTE_AVAILABLE_LOW   7u

/* What the halves of a mapping are as uses of the grant. */
static unsigned int uses_of(uint32_t flags)
{
    bool readonly = flags & GNTMAP_readonly;
    unsigned int uses = 0;

    if (flags & GNTMAP_host_map) {
        uses |= GNTTAB_USE(readonly ? GNTTAB_HOST_READ : GNTTAB_HOST_WRITE);
    }
    if (flags & GNTMAP_device_map) {
        uses |= GNTTAB_USE(readonly ? GNTTAB_DEVICE_READ : GNTTAB_DEVICE_WRITE);
    }
    return uses;
}

/* What one half of a mapping holds of the frame. */
static bool half_hold(mfn_t m, const struct domain *granter, bool readonly)
{
    if (!frame_get(m, granter)) {
        return false;
    }
    if (!readonly && frame_get_type(m, FRAME_WRITABLE)) {
        frame_put(m);
        return false;
    }
    return true;
}

static void half_drop(mfn_t m, bool readonly)
{
    if (readonly) {
        frame_put(m);
    } else {
        frame_put_with_type(m);
    }
}

static struct pt_grant_place place_of(uint64_t host_addr, uint32_t flags)
{
    if (flags & GNTMAP_contains_pte) {
        return (struct pt_grant_place){.pte = maddr(host_addr)};
    }
    return (struct pt_grant_place){.address = guest_va(host_addr)};
}

/* Address 0 of the machine is nobody's page table; pt_update.h means another thing by it. */
static bool place_is_none(uint64_t host_addr, uint32_t flags)
{
    return flags & GNTMAP_contains_pte && host_addr == 0;
}

static uint64_t entry_for(mfn_t m, uint32_t flags)
{
    uint64_t entry = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_NO_EXECUTE;

    entry |= flags & GNTMAP_readonly ? 0 : PTE_WRITE;
    entry |= flags & GNTMAP_application_map ? PTE_USER : 0;
    entry |= (uint64_t)(flags >> _GNTMAP_guest_avail0 & PTE_AVAILABLE_LOW) << PTE_AVAILABLE_SHIFT;
    return pte_make(m, entry);
}

static bool host_map(struct vcpu *v, const struct domain *granter, mfn_t m,
                     const struct gnttab_map_grant_ref *op)
{
    bool readonly = op->flags & GNTMAP_readonly;

    if (place_is_none(op->host_addr, op->flags) || !half_hold(m, granter, readonly)) {
        return false;
    }
    if (!readonly && granter != v->domain) {
        frame_flag(m, FRAME_FOREIGN);
    }
    if (pt_grant_map(v, place_of(op->host_addr, op->flags), entry_for(m, op->flags))) {
        half_drop(m, readonly);
        return false;
    }
    return true;
}

/* Both halves or none. */
static bool halves_map(struct vcpu *v, const struct domain *granter, mfn_t m,
                       const struct gnttab_map_grant_ref *op)
{
    bool readonly = op->flags & GNTMAP_readonly, device = op->flags & GNTMAP_device_map;

    if (device && !half_hold(m, granter, readonly)) {
        return false;
    }
    if (op->flags & GNTMAP_host_map && !host_map(v, granter, m, op)) {
        if (device) {
            half_drop(m, readonly);
        }
        return false;
    }
    return true;
}

/* With a handle: everything of the mapping, or nothing. */
static int16_t map_one(struct vcpu *v, struct domain *granter, const struct gnttab_map_grant_ref *op,
                       struct gnttab_mapping *mapping)
{
    struct gnttab_wish wish = {v->domain->id, uses_of(op->flags), false};
    struct gnttab_granted granted;
    int16_t status = gnttab_use_begin(granter, op->ref, &wish, &granted);

    if (status != GNTST_okay) {
        return status;
    }
    if (!halves_map(v, granter, granted.frame, op)) {
        gnttab_use_end(granter, op->ref, wish.uses);
        return GNTST_general_error;
    }
    *mapping = (struct gnttab_mapping){
        .frame = (uint32_t)granted.frame.n,
        .ref = op->ref,
        .granter = granter->id,
        .flags = (uint8_t)(op->flags & FLAGS_KEPT),
    };
    return GNTST_okay;
}

static int16_t map_from(struct vcpu *v, struct domain *granter, struct gnttab_map_grant_ref *op)
{
    struct gnttab *own = v->domain->gnttab;
    grant_handle_t handle = own ? gnttab_maptrack_take(&own->maptrack) : GNTTAB_HANDLE_NONE;
    struct gnttab_mapping mapping = {.flags = 0};
    int16_t status;

    if (handle == GNTTAB_HANDLE_NONE) {
        return GNTST_no_device_space;
    }
    status = map_one(v, granter, op, &mapping);
    gnttab_maptrack_set(&own->maptrack, handle, &mapping);
    if (status == GNTST_okay) {
        op->handle = handle;
        op->dev_bus_addr = mfn_to_maddr(mfn(mapping.frame)).n;
    }
    return status;
}

void gnttab_map(struct vcpu *v, struct gnttab_map_grant_ref *op)
{
    struct domain *granter;

    if (!(op->flags & HALVES)) {
        op->status = GNTST_bad_gntref;
        return;
    }
    granter = domain_get(op->dom);
    if (!granter) {
        op->status = GNTST_bad_domain;
        return;
    }
    op->status = map_from(v, granter, op);
    domain_put(granter);
}

static int16_t unmap_halves(struct vcpu *v, struct gnttab_unmap *op)
{
    uint32_t flags = op->flags;
    bool device = op->dev_bus_addr && flags & GNTMAP_device_map,
         host = op->host_addr && flags & GNTMAP_host_map;

    if (device && op->dev_bus_addr != mfn_to_maddr(op->frame).n) {
        return GNTST_bad_dev_addr;
    }
    if (host) {
        if ((op->new_addr && flags & GNTMAP_contains_pte) ||
            pt_grant_unmap(v, place_of(op->host_addr, flags), op->frame, flags & GNTMAP_readonly,
                           guest_va(op->new_addr))) {
            return GNTST_general_error;
        }
        op->done |= GNTMAP_host_map;
    }
    op->done |= device ? GNTMAP_device_map : 0;
    return GNTST_okay;
}

void gnttab_unmap_begin(struct vcpu *v, struct gnttab_unmap *op)
{
    struct gnttab *own = v->domain->gnttab;
    struct gnttab_mapping mapping;

    op->granter = NULL;
    op->done = 0;
    if (!own || !gnttab_maptrack_claim(&own->maptrack, op->handle, &mapping)) {
        op->status = GNTST_bad_handle;
        return;
    }
    op->flags = mapping.flags;
    op->ref = mapping.ref;
    op->frame = mfn(mapping.frame);
    op->granter = domain_get(mapping.granter);
    ASSERT(op->granter); /* a grant in use holds a frame of its domain, and that the domain */
    op->status = unmap_halves(v, op);
}

void gnttab_unmap_flush(struct vcpu *v)
{
    port_tlb_flush_all(tlb_cpus_of_domain(v->domain));
}

void gnttab_unmap_end(struct vcpu *v, struct gnttab_unmap *op)
{
    bool readonly = op->flags & GNTMAP_readonly;
    struct gnttab_mapping mapping;

    if (!op->granter) {
        return;
    }
    mapping = (struct gnttab_mapping){
        .frame = (uint32_t)op->frame.n,
        .ref = op->ref,
        .granter = op->granter->id,
        .flags = (uint8_t)(op->flags & ~(uint32_t)op->done),
    };
    for (unsigned int half = GNTMAP_device_map; half <= GNTMAP_host_map; half <<= 1) {
        if (op->done & half) {
            half_drop(op->frame, readonly);
        }
    }
    if (op->done) {
        gnttab_use_end(op->granter, op->ref, uses_of(op->done | (op->flags & GNTMAP_readonly)));
    }
    gnttab_maptrack_set(&v->domain->gnttab->maptrack, op->handle, &mapping);
    domain_put(op->granter);
    op->granter = NULL;
}

/* The page tables of a dying domain give back what the host half holds of the frame. */
static void mapping_release(const struct gnttab_mapping *mapping)
{
    struct domain *granter = domain_get(mapping->granter);

    ASSERT(granter);
    if (mapping->flags & GNTMAP_device_map) {
        half_drop(mfn(mapping->frame), mapping->flags & GNTMAP_readonly);
    }
    gnttab_use_end(granter, mapping->ref, uses_of(mapping->flags));
    domain_put(granter);
}

#define RELEASE_BATCH 64u

int gnttab_release_mappings(struct domain *d)
{
    struct gnttab_maptrack *m;
    grant_handle_t end;

    if (!d->gnttab) {
        return 0;
    }
    gnttab_close(d);
    m = &d->gnttab->maptrack;
    for (end = gnttab_maptrack_end(m); m->released < end; m->released++) {
        struct gnttab_mapping mapping;

        if (gnttab_maptrack_claim(m, m->released, &mapping)) {
            mapping_release(&mapping);
            mapping.flags = 0;
            gnttab_maptrack_set(m, m->released, &mapping);
        }
        if (m->released % RELEASE_BATCH == RELEASE_BATCH - 1 && port_preempt_pending()) {
            m->released++;
            return -XEN_ERESTART;
        }
    }
    return 0;
}
