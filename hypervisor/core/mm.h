/* SPDX-License-Identifier: MIT */
/*
 * The memory of domains and vCPUs: which frames a domain has, and which roots a vCPU runs on. The rules of frames stand
 * in core/frame.h and core/page_type.h.
 */
#ifndef CORE_MM_H
#define CORE_MM_H

#include "lib/types.h"
#include "port/lock.h"

struct domain;
struct vcpu;

struct mm_domain {
    struct spinlock lock;     /* LOCK_DOMAIN_FRAMES: list, totals */
    uint32_t frames_head;     /* list through struct frame by number; 0 ends it (frame 0 belongs to nobody) */
    uint64_t frame_count;     /* frames that count against frame_max */
    uint64_t frame_max;
    uint64_t claimed;         /* XENMEM_claim_pages, not yet used */
    uint32_t hv_frames;       /* the hypervisor's frames that the domain may map (shared_info, grant tables) */
    uint64_t relinquish_cursor;
};

struct mm_vcpu {
    mfn_t kernel_root;  /* the guest's L4 for kernel mode (its CR3), MFN_INVALID before there is one */
    mfn_t user_root;    /* ... for user mode, MFN_INVALID if none */
    mfn_t hw_root;      /* what CR3 holds when the vCPU runs in its present mode; never assumed to be the guest's L4 */
};

/* The vCPU's present mode changed (cpu.kernel_mode) or a root did: recomputes hw_root; loads it if v is running. */
void mm_update_hw_root(struct vcpu *v);

/*
 * Gives the vCPU a first or a new kernel root (or user root; MFN_INVALID for none there): takes the L4 type of the new frame,
 * drops the old one's. v is current, or paused. 0, -XEN_EINVAL, -XEN_ERESTART when preempted (call again with the same).
 */
int mm_set_kernel_root(struct vcpu *v, mfn_t root) MUST_CHECK;
int mm_set_user_root(struct vcpu *v, mfn_t root) MUST_CHECK;

/* Drops the roots of a vCPU that will not run any more; 0 or -XEN_ERESTART. */
int mm_drop_roots(struct vcpu *v) MUST_CHECK;

/*
 * A domU's or dom0's ordinary memory: allocates 2^order frames, machine-contiguous, owned by d and zeroed or scrubbed of
 * others' content. 0 or -XEN_ENOMEM (also when d's maximum would be passed). address_bits limits the machine address, 0: none.
 */
int mm_alloc(struct domain *d, unsigned int order, unsigned int address_bits, mfn_t *first) MUST_CHECK;

/*
 * A frame of the hypervisor's own that d may map (shared_info, a grant-table frame, ...): zeroed, mapped for good at the
 * returned address (port_hv_frame gives its number), writable by d. NULL if there is no memory. mm_unshare_frame takes it away
 * (0, or -XEN_EBUSY while somebody still maps it).
 */
void *mm_share_frame(struct domain *d, bool writable);
int mm_unshare_frame(struct domain *d, void *address) MUST_CHECK;

/* Takes all frames from a dying domain: unpins, drops types, frees; 0 or -XEN_ERESTART. */
int mm_relinquish(struct domain *d) MUST_CHECK;

/* Reads the L1 entry and frame that a linear address of the running vCPU's kernel root maps to; false if not present. */
bool mm_walk(struct vcpu *v, guest_va_t address, uint64_t *l1e);

/* A page fault that the hypervisor may settle by itself: writes to page tables (PTE-write emulation), spurious faults. True: retry. */
bool mm_fixup_fault(struct vcpu *v, guest_va_t address, uint32_t error_code);

#endif
