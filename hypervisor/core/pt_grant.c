/* SPDX-License-Identifier: MIT */
/* Grant mappings in page tables: see core/pt_update.h. */
#include "core/domain.h"
#include "core/page_type.h"
#include "core/pt_entry.h"
#include "core/pt_update.h"
#include "core/pte.h"
#include "port/map.h"
#include "pvabi/errno.h"

/* A level-1 entry that is locked and mapped. */
struct place {
    mfn_t table;
    volatile uint64_t *entries, *slot;
};

static void place_release(const struct place *p)
{
    frame_unlock_table(p->table);
    port_unmap_frame((const void *)p->entries);
    frame_put(p->table);
}

static int place_lock(struct vcpu *v, struct pt_grant_place where, struct place *p)
{
    unsigned int index, level;

    if (where.pte.n) {
        if (where.pte.n % sizeof(uint64_t)) {
            return -XEN_EINVAL;
        }
        p->table = maddr_to_mfn(where.pte);
        index = (unsigned int)(where.pte.n % PAGE_SIZE / sizeof(uint64_t));
    } else if (!mm_find_l1(v, where.address, &p->table, &index)) {
        return -XEN_EINVAL;
    }
    if (!frame_get(p->table, v->domain)) {
        return -XEN_EINVAL;
    }
    level = frame_lock_table(p->table);
    if (level != 1) {
        if (level) {
            frame_unlock_table(p->table);
        }
        frame_put(p->table);
        return -XEN_EINVAL;
    }
    p->entries = port_map_frame(p->table);
    p->slot = &p->entries[index];
    return 0;
}

/* Puts value in the place of whatever is there, which is returned. */
static uint64_t place_swap(const struct place *p, uint64_t value)
{
    return port_swap_u64(p->slot, value);
}

int pt_grant_map(struct vcpu *v, struct pt_grant_place where, uint64_t entry)
{
    struct place p;
    uint64_t old;
    int rc = place_lock(v, where, &p);

    if (rc) {
        return rc;
    }
    if (entry & PTE_WRITE && !frame_is_io(pte_frame(entry)) && frame_owner(pte_frame(entry)) != v->domain) {
        frame_flag(pte_frame(entry), FRAME_FOREIGN);
    }
    old = place_swap(&p, pte_l1_adjust(entry));
    place_release(&p);
    pte_l1_put(v->domain, old);
    return 0;
}

/* Takes the entry out that shall stand where a grant was mapped; its references move with it. */
static int replacement_take(struct vcpu *v, guest_va_t address, uint64_t *entry)
{
    struct place p;
    int rc = place_lock(v, (struct pt_grant_place){.address = address}, &p);

    if (rc == 0) {
        *entry = place_swap(&p, 0);
        place_release(&p);
    }
    return rc;
}

static bool grant_matches(uint64_t entry, mfn_t expected, bool readonly)
{
    return entry & PTE_PRESENT && mfn_equal(pte_frame(entry), expected) && !(entry & PTE_WRITE) == readonly;
}

int pt_grant_unmap(struct vcpu *v, struct pt_grant_place where, mfn_t expected, bool readonly,
                   guest_va_t replacement)
{
    uint64_t value = 0, old;
    struct place p;
    int rc = 0;

    if (replacement.n) {
        rc = replacement_take(v, replacement, &value);
    }
    if (rc == 0) {
        rc = place_lock(v, where, &p);
    }
    if (rc) {
        pte_l1_put(v->domain, value);
        return rc;
    }
    old = port_read_u64(p.slot);
    if (!grant_matches(old, expected, readonly) || !pt_entry_write(p.slot, old, value, false, false)) {
        rc = -XEN_EINVAL;
    }
    place_release(&p);
    if (rc) {
        pte_l1_put(v->domain, value);
    }
    return rc;
}
