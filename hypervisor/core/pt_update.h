/* SPDX-License-Identifier: MIT */
/*
 * The one way into a page table: whatever changes an entry of a validated table (the mmu_update family,
 * emulated writes, grant mappings) comes through here. References are taken before the entry is written, and
 * given back after.
 */
#ifndef CORE_PT_UPDATE_H
#define CORE_PT_UPDATE_H

#include "lib/types.h"

struct domain;
struct vcpu;

struct pt_update {
    struct domain *table_owner; /* whose table it is */
    struct domain *data_owner;  /* whose frame is mapped; another than table_owner at level 1 only */
    mfn_t table;
    unsigned int index;
    uint64_t value;
    bool keep_ad; /* the entry's accessed and dirty bits are kept */
    bool compare; /* only if the entry is expected now (level 1 only) */
    uint64_t expected;
};

/*
 * Writes one entry, or 8 bytes of a frame that is no table but may be had writable. The caller holds a
 * reference to the table's frame and no lock; v is the running vCPU, to whose mm.old_table the rest of long
 * work goes (mm_finish_old_table). 0; the errors of pte_l1_get; -XEN_EINVAL for other refusals; -XEN_EBUSY
 * when the entry changed meanwhile; -XEN_EAGAIN when it is not the expected one; -XEN_ERESTART when
 * preempted: nothing was changed, call again.
 */
int pt_update(struct vcpu *v, const struct pt_update *update) MUST_CHECK;

/*
 * The same for a validated level-1 table of table_owner only, for which the caller need not hold a reference:
 * false if the table is none, else *rc is the result. Never -XEN_ERESTART.
 */
bool pt_update_l1(const struct pt_update *update, int *rc) MUST_CHECK;

/* Where a grant is mapped: by the machine address of a level-1 entry if pte is not 0, else by a linear
 * address of v's kernel. */
struct pt_grant_place {
    guest_va_t address;
    maddr_t pte;
};

/*
 * Puts a grant mapping into a level-1 entry of v's domain (v is the running vCPU). entry is a present one
 * with flags of the caller's choice; the references that it needs (a frame reference, a writable type if
 * PTE_WRITE; none for I/O memory) are the caller's and belong to the entry from then on. What the entry held
 * before is given back. 0, or -XEN_EINVAL: no such entry, not aligned.
 */
int pt_grant_map(struct vcpu *v, struct pt_grant_place place, uint64_t entry) MUST_CHECK;

/*
 * Takes a grant mapping out again: the entry must map the expected frame, read-only or not as told; it is
 * cleared, or becomes what the entry of replacement holds (which is cleared; 0: none). The references of the
 * entry are the caller's on success; the caller flushes. 0 or -XEN_EINVAL.
 */
int pt_grant_unmap(struct vcpu *v, struct pt_grant_place place, mfn_t expected, bool readonly,
                   guest_va_t replacement) MUST_CHECK;

#endif
