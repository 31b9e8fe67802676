/* SPDX-License-Identifier: MIT */
/* Roots of vCPUs, pins, and the walk through a guest's tables. */
#include "core/mm.h"

#include "core/domain.h"
#include "core/page_table.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "core/ptwr.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "port/tlb.h"
#include "port/vcpu.h"
#include "pvabi/errno.h"

#define ENTRY_BITS 9u
#define LEVELS     4u

void mm_vcpu_init(struct vcpu *v)
{
    v->mm = (struct mm_vcpu){
        .kernel_root = MFN_INVALID, .user_root = MFN_INVALID, .hw_cr3 = {0, 0}, .old_table = MFN_INVALID};
}

void mm_cpu_enter(struct domain *d, unsigned int cpu)
{
    port_or_u64(&d->dirty_cpus.bits, cpumask_of(cpu).bits);
}

void mm_cpu_leave(struct domain *d, unsigned int cpu)
{
    port_and_u64(&d->dirty_cpus.bits, ~cpumask_of(cpu).bits);
}

static uint64_t root_cr3(mfn_t root)
{
    return mfn_valid_number(root) ? mfn_to_maddr(root).n : 0;
}

static void roots_publish(struct vcpu *v)
{
    uint64_t user = root_cr3(v->mm.user_root), kernel = root_cr3(v->mm.kernel_root);

    if (user != v->mm.hw_cr3[0] || kernel != v->mm.hw_cr3[1]) {
        v->mm.hw_cr3[0] = user;
        v->mm.hw_cr3[1] = kernel;
        port_roots_replaced(v);
    }
}

void mm_update_hw_root(struct vcpu *v)
{
    mfn_t root;

    roots_publish(v);
    if (v != port_current()) {
        return;
    }
    root = mm_hw_root(&v->mm, v->cpu.kernel_mode);
    if (!mfn_valid_number(root)) {
        domain_crash(v->domain, "vCPU %u has no root of page tables for its mode", v->id);
        root = v->mm.kernel_root;
    }
    if (mfn_valid_number(root)) {
        port_load_root(root);
    }
}

/* The running vCPU's pages of user mode are global: a load of CR3 leaves them. */
static void root_flush(struct vcpu *v)
{
    if (v == port_current()) {
        port_tlb_flush_all(cpumask_of(port_cpu_id()));
    }
}

int mm_finish_old_table(struct vcpu *v)
{
    int rc = 0;

    if (UNLIKELY(mfn_valid_number(v->mm.old_table))) {
        rc = frame_put_with_type_preemptible(v->mm.old_table);
        if (rc == 0) {
            v->mm.old_table = MFN_INVALID;
        }
    }
    return rc;
}

void mm_put_table(struct vcpu *v, mfn_t table)
{
    ASSERT(!mfn_valid_number(v->mm.old_table));
    if (frame_put_with_type_preemptible(table)) {
        v->mm.old_table = table;
    }
}

void mm_put_child(struct vcpu *v, mfn_t table, unsigned int level, uint64_t entry)
{
    ASSERT(!mfn_valid_number(v->mm.old_table));
    if (page_table_put_child(table, level, entry)) {
        v->mm.old_table = pte_frame(entry);
    }
}

static bool m2p_strict(const struct domain *d)
{
    return d->vm_assist & 1ull << VMASST_TYPE_m2p_strict;
}

int mm_set_kernel_root(struct vcpu *v, mfn_t root)
{
    mfn_t old = v->mm.kernel_root;
    int rc = mm_finish_old_table(v);

    if (rc) {
        return rc;
    }
    if (!mfn_equal(old, root)) {
        rc = frame_get_with_type(root, v->domain, FRAME_L4);
        if (rc) {
            return rc;
        }
        if (!m2p_strict(v->domain)) {
            page_table_show_m2p(v->domain, root, true);
        }
        guest_cpu_ldt_drop(v);
        v->mm.kernel_root = root;
    }
    mm_update_hw_root(v);
    root_flush(v);
    if (!mfn_equal(old, root) && mfn_valid_number(old)) {
        mm_put_table(v, old);
    }
    return 0;
}

int mm_set_user_root(struct vcpu *v, mfn_t root)
{
    mfn_t old = v->mm.user_root;
    int rc = mm_finish_old_table(v);

    if (rc || mfn_equal(old, root)) {
        return rc;
    }
    if (mfn_valid_number(root)) {
        rc = frame_get_with_type(root, v->domain, FRAME_L4);
        if (rc) {
            return rc;
        }
        if (m2p_strict(v->domain)) {
            page_table_show_m2p(v->domain, root, false);
        }
    }
    v->mm.user_root = root;
    if (v->cpu.kernel_mode) {
        roots_publish(v);
    } else {
        mm_update_hw_root(v);
    }
    if (mfn_valid_number(old)) {
        mm_put_table(v, old);
    }
    return 0;
}

static int root_drop(mfn_t *root)
{
    int rc = mfn_valid_number(*root) ? frame_put_with_type_preemptible(*root) : 0;

    if (rc == 0) {
        *root = MFN_INVALID;
    }
    return rc;
}

int mm_drop_roots(struct vcpu *v)
{
    int rc = mm_finish_old_table(v);

    v->mm.hw_cr3[0] = v->mm.hw_cr3[1] = 0;
    if (rc == 0) {
        rc = root_drop(&v->mm.user_root);
    }
    if (rc == 0) {
        rc = root_drop(&v->mm.kernel_root);
    }
    return rc;
}

/* A table of a domain that began to die after it was found: its pin may have been missed by mm_relinquish. */
static bool pin_missed(struct domain *d, mfn_t table)
{
    struct lock_token token = lock_acquire(&d->mm.lock);
    bool missed = d->life != DOMAIN_ALIVE && frame_unpin(table);

    lock_release(token);
    return missed;
}

int mm_pin(struct vcpu *v, struct domain *d, mfn_t table, unsigned int level)
{
    int rc = mm_finish_old_table(v);

    if (rc == 0) {
        rc = frame_get_with_type(table, d, page_type_table(level));
    }
    if (rc) {
        return rc;
    }
    if (!frame_pin(table)) {
        rc = -XEN_EINVAL;
    }
    if (rc || (d != v->domain && pin_missed(d, table))) {
        mm_put_table(v, table);
    }
    return rc;
}

int mm_unpin(struct vcpu *v, struct domain *d, mfn_t table)
{
    int rc = mm_finish_old_table(v);

    if (rc) {
        return rc;
    }
    if (!frame_get(table, d)) {
        return -XEN_EINVAL;
    }
    if (frame_unpin(table)) {
        mm_put_table(v, table);
    } else {
        rc = -XEN_EINVAL;
    }
    frame_put(table);
    return rc;
}

static unsigned int walk_index(guest_va_t address, unsigned int level)
{
    return (unsigned int)(address.n >> (PAGE_SHIFT + ENTRY_BITS * (level - 1)) & ((1u << ENTRY_BITS) - 1));
}

static uint64_t walk_read(mfn_t table, unsigned int index)
{
    const volatile uint64_t *entries = port_map_frame(table);
    uint64_t entry = port_read_u64(&entries[index]);

    port_unmap_frame((const void *)entries);
    return entry;
}

/* An entry's frame as the next table. Another CPU may change the tables under the walk: the number can be
 * anything, but what somebody refers to is RAM. */
static bool walk_step(uint64_t entry, mfn_t *table)
{
    *table = pte_frame(entry);
    return (entry & (PTE_PRESENT | PTE_SUPERPAGE)) == PTE_PRESENT && table->n < frame_table_count &&
           (port_read_u64(&frame_known(*table)->refs) & FRAME_COUNT_MASK) != 0;
}

/* From root down to the level-1 table; *all gets the bits that every upper entry has. */
static bool walk(mfn_t root, guest_va_t address, mfn_t *table, uint64_t *all)
{
    uint64_t rights = ~0ull;

    if (!mfn_valid_number(root) || !guest_range_ok(address, 1)) {
        return false;
    }
    for (unsigned int level = LEVELS; level > 1; level--) {
        uint64_t entry = walk_read(root, walk_index(address, level));

        if (!walk_step(entry, &root)) {
            return false;
        }
        rights &= entry ^ PTE_NO_EXECUTE;
    }
    *all = rights;
    *table = root;
    return true;
}

bool mm_find_l1(struct vcpu *v, guest_va_t address, mfn_t *table, unsigned int *index)
{
    uint64_t all;

    *index = walk_index(address, 1);
    return walk(v->mm.kernel_root, address, table, &all);
}

bool mm_walk(struct vcpu *v, guest_va_t address, uint64_t *l1e)
{
    unsigned int index;
    mfn_t table;

    if (!mm_find_l1(v, address, &table, &index)) {
        return false;
    }
    *l1e = walk_read(table, index);
    return *l1e & PTE_PRESENT;
}

#define FAULT_PRESENT  1u
#define FAULT_WRITE    2u
#define FAULT_RESERVED 8u
#define FAULT_FETCH    16u

/* Whether the tables, as they are now, allow what faulted. rights: PTE_NO_EXECUTE in it means that execution
 * is allowed. */
static bool access_allowed(uint64_t rights, uint32_t error_code)
{
    return rights & PTE_PRESENT && rights & PTE_USER && !(error_code & FAULT_RESERVED) &&
           (!(error_code & FAULT_WRITE) || rights & PTE_WRITE) &&
           (!(error_code & FAULT_FETCH) || rights & PTE_NO_EXECUTE);
}

bool mm_fixup_fault(struct vcpu *v, guest_va_t address, uint32_t error_code)
{
    const uint32_t write = FAULT_PRESENT | FAULT_WRITE;
    mfn_t table;
    uint64_t upper, entry;

    if (!walk(v->cpu.kernel_mode ? v->mm.kernel_root : v->mm.user_root, address, &table, &upper)) {
        return false;
    }
    entry = walk_read(table, walk_index(address, 1));
    if (access_allowed(upper & (entry ^ PTE_NO_EXECUTE), error_code)) {
        return true;
    }
    if (!v->cpu.kernel_mode || (error_code & (write | FAULT_RESERVED | FAULT_FETCH)) != write ||
        !(entry & PTE_PRESENT)) {
        return false;
    }
    if (frame_is_io(pte_frame(entry))) {
        return ptwr_drop(v, address, pte_frame(entry));
    }
    if (!(v->domain->vm_assist & 1ull << VMASST_TYPE_writable_pagetables)) {
        return false;
    }
    return ptwr_emulate(v, address, pte_frame(entry));
}
