/* SPDX-License-Identifier: MIT */
/*
 * The machine's part of domains and vCPUs. struct port_vcpu and struct port_domain are opaque to core; the
 * machine embeds what it needs (saved registers, FPU, windows).
 */
#ifndef PORT_VCPU_H
#define PORT_VCPU_H

#include "lib/types.h"
#include "pvabi/xen.h"

struct domain;
struct vcpu;

#include <port_impl/vcpu.h>

/* 0 or -XEN_ENOMEM. The descriptor windows (slot 260) are made here. */
int port_domain_init(struct domain *d) MUST_CHECK;
void port_domain_destroy(struct domain *d);
int port_vcpu_init(struct vcpu *v) MUST_CHECK;
void port_vcpu_destroy(struct vcpu *v);

/* The guest's general registers: of the running vCPU those that the entry saved, of others those that were
 * put away. */
static inline struct cpu_user_regs *port_vcpu_regs(struct vcpu *v);

/*
 * Gives control of this CPU to another vCPU: saves the old one's registers, FPU state and segment bases,
 * loads the new one's root, windows and state. Called by the scheduler with interrupts off and its lock
 * dropped; returns on the new vCPU's way out into its guest (or in the idle loop). core/sched.h
 * sched_switched is called as soon as the old vCPU's state is saved.
 */
void port_vcpu_switch(struct vcpu *from, struct vcpu *to);

/* Puts into the vCPU's save area what the CPU still holds of it, so that another CPU can read it; v is
 * paused. */
void port_vcpu_sync(struct vcpu *v);

/* Fills the hypervisor's slots 256 to 271 of a new L4, mapped at l4, of a domain; and which value CR3 gets is
 * core's. */
void port_l4_init(struct domain *d, uint64_t *l4);

/*
 * Loads a root for the running vCPU: flushes only what is not global, which is right between the two roots of
 * one address space (kernel and user mode); for another one port_tlb_flush_all comes after it.
 */
void port_load_root(mfn_t l4);

/*
 * For machines that run guests on copies of their L4s (XPTI): an entry of one of the domain's L4s was written
 * (before what it held is given back); the roots of a vCPU are others now, or none.
 */
void port_root_changed(struct domain *d);
void port_roots_replaced(struct vcpu *v);

/*
 * The descriptor windows of a vCPU. GDT: maps the frames (count of them, at most 14) or unmaps all (0). LDT:
 * one page of the window (index 0 to 15) mapped to a frame or, with MFN_INVALID, unmapped; and the size in
 * descriptors that LLDT gets. The caller flushes.
 */
void port_gdt_set(struct vcpu *v, const mfn_t *frames, unsigned int count);
void port_ldt_map(struct vcpu *v, unsigned int page, mfn_t frame);
void port_ldt_load(struct vcpu *v, unsigned int descriptors);

/* Segment bases of the running vCPU: the active FS and GS, and the GS base of the other mode (kernel or
 * user). */
uint64_t port_fs_base(void);
uint64_t port_gs_base(void);
uint64_t port_gs_base_other(void);
void port_set_fs_base(uint64_t base);
void port_set_gs_base(uint64_t base);
void port_set_gs_base_other(uint64_t base);

/* FPU and SSE state of a vCPU that does not run, as the 512 bytes of FXSAVE; what else there is of state
 * becomes initial. */
void port_fpu_get(struct vcpu *v, void *fxsave);
void port_fpu_set(struct vcpu *v, const void *fxsave);

/* Puts the data selectors that the running vCPU has loaded into v->cpu.ds, es, fs and gs. */
void port_read_selectors(struct vcpu *v);

/*
 * The same with all other components: size bytes of a standard XSAVE area, header and all, which core has
 * checked. port_xstate_size tells how many bytes an area with these components of XCR0 takes (0 for none).
 */
uint64_t port_xstate_size(uint64_t components);
void port_xstate_get(struct vcpu *v, void *area, uint64_t size);
void port_xstate_set(struct vcpu *v, const void *area, uint64_t size);

/* Swaps the two GS bases: the guest changes between kernel and user mode. */
void port_swap_gs(void);

/* Loads a selector into the guest's other GS; a bad one loads NUL. */
void port_load_gs_other(uint16_t selector);

/* Debug registers of the running vCPU as they were checked by core: n is 0 to 3, 6 or 7. */
void port_write_dr(unsigned int n, uint64_t value);
uint64_t port_read_dr(unsigned int n);

/* The guest's CR0.TS: whether its next FPU instruction faults. */
void port_set_ts(bool set);

/* CR4 bits that a PV guest may choose (TSD, DE, FSGSBASE, OSXSAVE), already masked by policy. */
void port_set_guest_cr4(struct vcpu *v, uint64_t bits);

/* XCR0 of the running vCPU, checked by core against policy. */
void port_set_xcr0(struct vcpu *v, uint64_t value);

#endif
