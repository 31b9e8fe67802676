/* SPDX-License-Identifier: MIT */
/*
 * The memory of domains and vCPUs: which frames a domain has, and which roots a vCPU runs on. The rules of
 * frames stand in core/frame.h and core/page_type.h.
 */
#ifndef CORE_MM_H
#define CORE_MM_H

#include "lib/types.h"
#include "port/lock.h"

struct domain;
struct vcpu;

struct mm_domain {
    struct spinlock lock; /* LOCK_DOMAIN_FRAMES: list, totals */
    uint32_t frames_head; /* list through struct frame by number; 0 ends it (frame 0 belongs to nobody) */
    uint32_t held_head;   /* likewise: frames of a dying domain that somebody still refers to */
    uint32_t
        hv_head; /* likewise: the hypervisor's frames that the domain may map (shared_info, grant tables) */
    uint32_t hv_frames;   /* ... how many */
    uint64_t frame_count; /* frames that count against frame_max; a domain with any frame holds a reference to
                             itself */
    uint64_t frame_max;
    uint64_t claimed; /* XENMEM_claim_pages, not yet used; under the frame allocator's lock */
};

struct mm_vcpu {
    mfn_t kernel_root;  /* the guest's L4 for kernel mode (its CR3), MFN_INVALID before there is one */
    mfn_t user_root;    /* ... for user mode, MFN_INVALID if none */
    uint64_t hw_cr3[2]; /* what CR3 gets in user (0) and kernel (1) mode, never assumed to be the guest's L4;
                           0: none */
    mfn_t old_table; /* a table whose references this vCPU still has to drop: long work that was preempted; or
                        MFN_INVALID */
};

/* The root that hw_cr3 has for a mode; MFN_INVALID: none. */
static inline mfn_t mm_hw_root(const struct mm_vcpu *mm, bool kernel_mode)
{
    return mm->hw_cr3[kernel_mode] ? maddr_to_mfn(maddr(mm->hw_cr3[kernel_mode])) : MFN_INVALID;
}

/* A new domain's (frame_max is for the caller to set) and a new vCPU's part. */
void mm_domain_init(struct domain *d);
void mm_vcpu_init(struct vcpu *v);

/*
 * Translations of a domain on CPUs. The machine tells when a CPU begins to run on a root of the domain
 * (before it is loaded), and when it has flushed all of the domain's translations, global ones too, and runs
 * on another root. User pages are global: a CPU that changes to another vCPU, of the same domain too, must
 * flush everything.
 */
void mm_cpu_enter(struct domain *d, unsigned int cpu);
void mm_cpu_leave(struct domain *d, unsigned int cpu);

/* The vCPU's present mode changed (cpu.kernel_mode) or a root did: recomputes hw_cr3; if v runs, loads what
 * it gets. */
void mm_update_hw_root(struct vcpu *v);

/*
 * Gives the vCPU a first or a new kernel root (or user root; MFN_INVALID for none there): takes the L4 type
 * of the new frame, drops the old one's. v is current, or paused. 0, -XEN_EINVAL, -XEN_ERESTART when
 * preempted (call again with the same). The same root again flushes only. The drop of the old root may be
 * left to mm_finish_old_table, for which the callers see when they end.
 */
int mm_set_kernel_root(struct vcpu *v, mfn_t root) MUST_CHECK;
int mm_set_user_root(struct vcpu *v, mfn_t root) MUST_CHECK;

/* Works off v->mm.old_table: 0 when there is nothing left, or -XEN_ERESTART. v is current, or paused. */
int mm_finish_old_table(struct vcpu *v) MUST_CHECK;

/*
 * Drops the type and frame reference of a table, or what an entry that was taken out of a table of this level
 * held (page_table_put_child); leaves to v->mm.old_table what is long. old_table must be free.
 */
void mm_put_table(struct vcpu *v, mfn_t table);
void mm_put_child(struct vcpu *v, mfn_t table, unsigned int level, uint64_t entry);

/*
 * Pins a table of d as level 1 to 4, or unpins it, on behalf of v, to whose old_table long work may go. 0;
 * -XEN_EINVAL: not d's, not valid, pinned already, not pinned; -XEN_ERESTART: call again. For the builder v
 * is the vCPU that it builds.
 */
int mm_pin(struct vcpu *v, struct domain *d, mfn_t table, unsigned int level) MUST_CHECK;
int mm_unpin(struct vcpu *v, struct domain *d, mfn_t table) MUST_CHECK;

/* Drops the roots of a vCPU that will not run any more, and that no CPU has loaded any more; 0 or
 * -XEN_ERESTART. */
int mm_drop_roots(struct vcpu *v) MUST_CHECK;

/*
 * A domU's or dom0's ordinary memory: allocates 2^order frames, machine-contiguous, owned by d and zeroed or
 * scrubbed of others' content. 0 or -XEN_ENOMEM (also when d's maximum would be passed). address_bits limits
 * the machine address, 0: none.
 */
int mm_alloc(struct domain *d, unsigned int order, unsigned int address_bits, mfn_t *first) MUST_CHECK;

/* As mm_alloc, without zeroing: for the first domain at start of day, when no guest's content can be in
 * memory. */
int mm_alloc_unscrubbed(struct domain *d, unsigned int order, mfn_t *first) MUST_CHECK;

/*
 * The owner gives an ordinary frame back (XENMEM_decrease_reservation): 0, and the frame is freed as soon as
 * nobody refers to it, which may be so since it was given back before; -XEN_EINVAL when it is not d's. The
 * frame's entry in the M2P becomes invalid.
 */
int mm_release(struct domain *d, mfn_t m) MUST_CHECK;

/*
 * Takes a frame out of a domain that nobody but its owner refers to (XENMEM_exchange, grant transfer): 0 and
 * the frame is nobody's, with its content: mm_give or frame_free(m, 0, true) goes on. -XEN_EINVAL when it is
 * not d's, mapped, typed or pinned.
 */
int mm_steal(struct domain *d, mfn_t m) MUST_CHECK;

/*
 * Counts frames that a domain is about to change for others as if it had them twice, above its maximum too:
 * what is taken away meanwhile leaves no room for more. 0, or -XEN_ENOMEM when it is dying. mm_unreserve ends
 * it.
 */
int mm_reserve(struct domain *d, uint64_t count) MUST_CHECK;
void mm_unreserve(struct domain *d, uint64_t count);

/*
 * Makes a frame that was stolen, or that frame_alloc gave, a frame of d. -XEN_ENOMEM when d is dying or, with
 * within_max, would have more than its maximum. Translations of the old owner are flushed before.
 */
int mm_give(struct domain *d, mfn_t m, bool within_max) MUST_CHECK;

/*
 * A frame of the hypervisor's own that d may map (shared_info, a grant-table frame, ...): zeroed, mapped for
 * good at the returned address (port_hv_frame gives its number), writable by d. NULL if there is no memory.
 * mm_unshare_frame takes it away (0, or -XEN_EBUSY while somebody still maps it).
 */
void *mm_share_frame(struct domain *d, bool writable);
int mm_unshare_frame(struct domain *d, void *address) MUST_CHECK;

/*
 * The same in steps, for several frames that go together. begin: nobody can map the frame any more (0, or
 * -XEN_EBUSY while somebody does); then either cancel, or end once the domain's translations are flushed, with
 * no lock held.
 */
int mm_unshare_begin(struct domain *d, void *address) MUST_CHECK;
void mm_unshare_cancel(struct domain *d, void *address);
void mm_unshare_end(struct domain *d, void *address);

/*
 * Frames of the hypervisor's become DOMID_XEN's for good: a privileged domain may map them, read-only (the
 * machine-to-physical table) or also writable (the trace's rings).
 */
void mm_share_xen(mfn_t first, uint64_t count, bool writable);

/* Takes all frames from a dying domain: unpins, drops types, frees; 0 or -XEN_ERESTART. */
int mm_relinquish(struct domain *d) MUST_CHECK;

/* Called by frame_put for a frame of d without references (refs: its last word): the accounts and the
 * allocator. */
void mm_frame_released(struct domain *d, mfn_t m, uint64_t refs);

/* Reads the L1 entry that a linear address of the running vCPU's kernel root maps to; false if not present.
 */
bool mm_walk(struct vcpu *v, guest_va_t address, uint64_t *l1e);

/* Where that entry stands, present or not; false when there is no table. The table may go away unless it is
 * held and looked at again. */
bool mm_find_l1(struct vcpu *v, guest_va_t address, mfn_t *table, unsigned int *index);

/* A page fault that the hypervisor may settle by itself: writes to page tables (PTE-write emulation),
 * spurious faults. True: retry. */
bool mm_fixup_fault(struct vcpu *v, guest_va_t address, uint32_t error_code);

#endif
