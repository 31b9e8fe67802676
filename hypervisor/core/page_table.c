/* SPDX-License-Identifier: MIT */
/*
 * Walks over whole tables. work->done goes up while references are taken and down while they are given back,
 * so that a table may be left anywhere in between. Each call gets at least one entry further before it looks
 * for preemption.
 */
#include "core/page_table.h"

#include "core/domain.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/vcpu.h"
#include "pvabi/errno.h"
#include "pvabi/xen.h"

bool page_table_guest_slot(unsigned int level, unsigned int index)
{
    return level != 4 || index < PAGE_TABLE_HV_FIRST || index > PAGE_TABLE_HV_LAST;
}

bool page_table_linear_allowed = true;

/* A read-only entry that points at its own table holds nothing: core/page_type.h. */
static bool entry_is_self(mfn_t table, uint64_t entry)
{
    return pte_frame(entry).n == table.n && !(entry & PTE_WRITE);
}

bool page_table_is_linear(mfn_t table, unsigned int level, uint64_t entry)
{
    return (entry & (PTE_PRESENT | PTE_WRITE)) == PTE_PRESENT && !mfn_equal(pte_frame(entry), table) &&
           frame_type_now(pte_frame(entry)) == page_type_table(level);
}

int page_table_get_child(struct domain *owner, mfn_t table, unsigned int level, uint64_t *entry)
{
    int rc;

    if (!pte_upper_allowed(*entry)) {
        return -XEN_EINVAL;
    }
    if (!entry_is_self(table, *entry) || !page_table_linear_allowed) {
        rc = frame_get_with_type(pte_frame(*entry), owner, page_type_table(level - 1));
        if (rc) {
            return rc;
        }
    }
    *entry = pte_upper_adjust(*entry);
    return 0;
}

int page_table_get_linear(struct domain *owner, mfn_t table, uint64_t *entry)
{
    if (!page_table_linear_allowed || *entry & PTE_WRITE || !pte_upper_allowed(*entry) ||
        mfn_equal(pte_frame(*entry), table) || !frame_get_linear(table, pte_frame(*entry), owner)) {
        return -XEN_EINVAL;
    }
    *entry = pte_upper_adjust(*entry);
    return 0;
}

int page_table_put_child(mfn_t table, unsigned int level, uint64_t entry)
{
    if (!(entry & PTE_PRESENT) || entry_is_self(table, entry)) {
        return 0;
    }
    if (page_table_is_linear(table, level, entry)) {
        return frame_put_linear_preemptible(pte_frame(entry));
    }
    return frame_put_with_type_preemptible(pte_frame(entry));
}

/* Gives back what an entry of a table that is being devalidated holds. */
static int entry_give_back(const struct page_table_work *work, uint64_t entry)
{
    bool linear;

    if (work->level == 1) {
        pte_l1_put(work->owner, entry);
        return 0;
    }
    linear = page_table_is_linear(work->table, work->level, entry);
    if (page_table_put_child(work->table, work->level, entry)) {
        return -XEN_ERESTART;
    }
    if (linear) {
        frame_forget_linear(work->table);
    }
    return 0;
}

/* Takes what one entry needs, of any level. */
static int entry_take(const struct page_table_work *work, volatile uint64_t *slot)
{
    uint64_t entry = port_read_u64(slot), wanted = entry;
    int rc;

    if (!(entry & PTE_PRESENT)) {
        return pte_absent_allowed(work->owner, work->level, entry) ? 0 : -XEN_EINVAL;
    }
    if (work->level == 1) {
        rc = pte_l1_get(work->owner, work->owner, &wanted);
    } else {
        rc = page_table_get_child(work->owner, work->table, work->level, &wanted);
        if (rc == -XEN_EINVAL) {
            rc = page_table_get_linear(work->owner, work->table, &wanted);
        }
    }
    if (rc == 0 && wanted != entry) {
        port_write_u64(slot, wanted);
    }
    return rc;
}

/*
 * Most of most tables is empty: whether the RUN entries from here on are all zero. The table has a type, or is
 * about to get one: but for CPUs' walkers nobody writes to it.
 */
#define RUN 8u

static bool run_empty(const volatile uint64_t *run)
{
    const uint64_t *e = (const uint64_t *)run;

    return (e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]) == 0;
}

/* The next entry from index on that is not empty, or PAGE_TABLE_ENTRIES. */
static unsigned int next_used(const volatile uint64_t *entries, unsigned int index)
{
    const volatile uint64_t *e = entries + index, *end = entries + PAGE_TABLE_ENTRIES;

    while (index % RUN != 0 && *e == 0) {
        index++;
        e++;
    }
    if (index % RUN != 0) {
        return index;
    }
    while (e < end && run_empty(e)) {
        e += RUN;
    }
    while (e < end && *e == 0) {
        e++;
    }
    return (unsigned int)(e - entries);
}

/* One more than the last entry below index that is not empty, or 0. */
static unsigned int last_used(const volatile uint64_t *entries, unsigned int index)
{
    const volatile uint64_t *e = entries + index;

    while (index % RUN != 0 && e[-1] == 0) {
        index--;
        e--;
    }
    if (index % RUN != 0) {
        return index;
    }
    while (e > entries && run_empty(e - RUN)) {
        e -= RUN;
    }
    while (e > entries && e[-1] == 0) {
        e--;
    }
    return (unsigned int)(e - entries);
}

/*
 * Whether preemption ends the work before this entry. Not before the first one, and it is not looked for in
 * tables of level 1, which are short work, and before most entries to tables that others use as well, which
 * only count.
 */
static bool preempted(const struct page_table_work *work, uint64_t entry, unsigned int *moved)
{
    mfn_t child = pte_frame(entry);

    if (work->level == 1 || (*moved)++ == 0) {
        return false;
    }
    return (*moved % 16 == 0 || child.n >= frame_table_count || !frame_type_is_shared(child)) &&
           port_preempt_pending();
}

static int table_take(struct page_table_work *work, volatile uint64_t *entries)
{
    unsigned int moved = 0;
    int rc;

    for (;; work->done++) {
        work->done = next_used(entries, work->done);
        if (work->done == PAGE_TABLE_ENTRIES) {
            return 0;
        }
        if (!page_table_guest_slot(work->level, work->done)) {
            continue;
        }
        if (preempted(work, port_read_u64(&entries[work->done]), &moved)) {
            return -XEN_ERESTART;
        }
        rc = entry_take(work, &entries[work->done]);
        if (rc) {
            return rc;
        }
    }
}

static int table_give_back(struct page_table_work *work, const volatile uint64_t *entries)
{
    unsigned int moved = 0;

    for (;; work->done--) {
        uint64_t entry;

        work->done = last_used(entries, work->done);
        if (work->done == 0) {
            return 0;
        }
        entry = port_read_u64(&entries[work->done - 1]);
        if (!(entry & PTE_PRESENT) || !page_table_guest_slot(work->level, work->done - 1)) {
            continue;
        }
        if (preempted(work, entry, &moved) || entry_give_back(work, entry)) {
            return -XEN_ERESTART;
        }
    }
}

/* A new L4 gets the hypervisor's half; whether with the M2P is for the kind of root that it will be
 * (core/mm.h). */
static void l4_complete(struct domain *d, mfn_t l4)
{
    uint64_t *entries = port_map_frame(l4);

    port_l4_init(d, entries);
    if (!(d->vm_assist & 1ull << VMASST_TYPE_m2p_strict)) {
        entries[PAGE_TABLE_HV_FIRST] = 0;
    }
    port_unmap_frame(entries);
}

int page_table_validate(struct page_table_work *work)
{
    volatile uint64_t *entries = port_map_frame(work->table);
    int rc = -XEN_EINVAL;

    if (!work->undo) {
        rc = table_take(work, entries);
        work->undo = rc && rc != -XEN_ERESTART && work->may_undo;
    }
    if (work->undo && table_give_back(work, entries)) {
        rc = -XEN_ERESTART;
    }
    port_unmap_frame((const void *)entries);
    if (rc == 0 && work->level == 4) {
        l4_complete(work->owner, work->table);
    }
    return rc;
}

int page_table_devalidate(struct page_table_work *work)
{
    volatile uint64_t *entries = port_map_frame(work->table);
    int rc = table_give_back(work, entries);

    port_unmap_frame((const void *)entries);
    return rc;
}

void page_table_show_m2p(struct domain *d, mfn_t l4, bool show)
{
    volatile uint64_t *entries = port_map_frame(l4);
    bool shown = port_read_u64(&entries[PAGE_TABLE_HV_FIRST]) != 0;

    if (show && !shown) {
        port_l4_init(d, (uint64_t *)entries);
    } else if (!show && shown) {
        port_write_u64(&entries[PAGE_TABLE_HV_FIRST], 0);
    }
    port_unmap_frame((const void *)entries);
}
