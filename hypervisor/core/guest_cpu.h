/* SPDX-License-Identifier: MIT */
/*
 * What a PV guest sees of its CPU, as plain data: trap table, callbacks, descriptor tables, debug and control
 * registers. The machine reads it on its way into the guest; the offsets that assembly needs come from a
 * generated header.
 */
#ifndef CORE_GUEST_CPU_H
#define CORE_GUEST_CPU_H

#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/xen.h"

struct domain;
struct vcpu;

#define GUEST_GDT_FRAMES 14u
#define GUEST_LDT_PAGES  16u
#define GUEST_TRAPS      256u
#define GUEST_MCE_BANKS  2u

/*
 * The assists that a 64-bit domain may choose, a bit each; those of 32-bit guests are accepted and do
 * nothing.
 */
#define GUEST_VM_ASSISTS                                                                                     \
    (1ull << VMASST_TYPE_4gb_segments | 1ull << VMASST_TYPE_4gb_segments_notify |                            \
     1ull << VMASST_TYPE_writable_pagetables | 1ull << VMASST_TYPE_pae_extended_cr3 |                        \
     1ull << VMASST_TYPE_architectural_iopl | 1ull << VMASST_TYPE_runstate_update_flag |                     \
     1ull << VMASST_TYPE_m2p_strict)

/* A handler in the guest: where, and how it is entered. */
struct guest_callback {
    uint64_t address; /* 0: none */
    bool mask_events; /* upcalls are masked on entry */
};

/*
 * A frame that the exit path builds on the guest's stack before it enters the guest: the guest sees a trap or
 * callback.
 */
struct guest_bounce {
    uint64_t address; /* handler; 0: nothing to deliver */
    uint32_t error_code;
    uint16_t cs;
    uint8_t flags; /* GUEST_BOUNCE_* */
};

#define GUEST_BOUNCE_ERROR_CODE 1u /* push error_code */
#define GUEST_BOUNCE_MASK       2u /* mask upcalls */
#define GUEST_BOUNCE_FAILSAFE   4u /* the failsafe frame, with data selectors */
#define GUEST_BOUNCE_CLEAR_DF   8u /* the system-call callback */

struct guest_cpu {
    bool kernel_mode; /* the guest kernel runs (both modes are ring 3) */
    bool nmi_masked;  /* an NMI is being handled: until iret */
    bool nmi_pending;
    bool selectors_bad; /* ds, es, fs or gs could not be loaded at the switch: the failsafe callback tells */
    bool ts;            /* CR0.TS as the guest set it */
    bool upcall_behind_iret;  /* an iret has just found an upcall due: the guest ran nothing since the last one */
    uint8_t upcalls_in_place; /* how many came so, one behind the other, to the same place */
    uint8_t iopl; /* virtual IOPL, 0 to 3 */
    uint64_t upcall_rip, upcall_rsp; /* what the last upcall interrupted */
    uint16_t kernel_ss;
    uint64_t kernel_sp;
    struct guest_bounce bounce;
    struct guest_callback event, failsafe, syscall, syscall32, sysenter; /* NMI: traps[2] */
    struct trap_info *traps;                                             /* 256 */
    uint64_t cr2;
    uint64_t cr4; /* bits that the guest may choose */
    uint64_t xcr0;
    uint64_t mce_status, mce_ctl2[GUEST_MCE_BANKS]; /* MSR_MCG_STATUS, MSR_MCi_CTL2 */
    uint32_t tsc_aux;                               /* MSR_TSC_AUX: what RDTSCP tells */
    uint64_t dr[8];                                 /* 0 to 3, 6, 7 as the guest sees them */
    uint64_t fs_base, gs_base_kernel, gs_base_user; /* valid while the vCPU is not running */
    uint16_t ds, es, fs, gs;                        /* likewise */
    mfn_t gdt_frames[GUEST_GDT_FRAMES];
    uint32_t gdt_entries;
    guest_va_t ldt_base;
    uint32_t ldt_entries;
    struct spinlock ldt_lock;          /* LOCK_LDT: the pages of the window */
    uint32_t ldt_mapped;               /* which of them are mapped, a bit each */
    mfn_t ldt_frames[GUEST_LDT_PAGES]; /* what the mapped ones hold: a reference and a type each */
    guest_va_t io_bitmap;              /* PHYSDEVOP_set_iobitmap */
    uint32_t io_bitmap_ports;
};

/* State of a new vCPU; 0 or -XEN_ENOMEM. And its end: drops GDT and LDT frames. */
int guest_cpu_init(struct vcpu *v) MUST_CHECK;
void guest_cpu_destroy(struct vcpu *v);

/*
 * Loads a vCPU's whole state from the ABI's structure (DOMCTL_setvcpucontext, VCPUOP_initialise, the first
 * domain's builder) and writes it out again (DOMCTL_getvcpucontext). Everything is checked before anything is
 * changed. v is paused. 0, -XEN_EINVAL, ...
 */
int guest_cpu_load(struct vcpu *v, const struct vcpu_guest_context *context) MUST_CHECK;
void guest_cpu_save(struct vcpu *v, struct vcpu_guest_context *context);

/*
 * Makes an initialised vCPU of a paused domain one without a context again: drops its roots and descriptor
 * tables. 0; -XEN_ERESTART: preempted, call again.
 */
int guest_cpu_reset(struct vcpu *v) MUST_CHECK;

/*
 * Delivers an exception to the running vCPU: chooses the handler in its trap table and sets cpu.bounce, which
 * the exit path turns into a frame. Without a handler the domain is crashed. has_error says whether the
 * vector pushes error_code.
 */
void guest_cpu_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code, bool has_error);

/* #PF: also sets cr2 in the vcpu_info and recomputes the user bit of the error code. */
void guest_cpu_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error_code);

/*
 * A CPU exception from the guest. regs are its registers. Emulates what is to be emulated or injects. The
 * machine calls them from its entry path with interrupts off. cr2 is the linear address of a #PF.
 */
void guest_cpu_exception(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector);
void guest_cpu_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2);

/*
 * An instruction was done for the running vCPU, a hypercall too: a single step is reported, or breakpoints that
 * it met (bits 0 to 3), unless something else is to be delivered.
 */
void guest_cpu_instruction_done(struct vcpu *v, struct cpu_user_regs *regs, uint64_t breakpoints);

/*
 * The SYSCALL instruction in guest user mode, 64 bit (or compatibility mode, syscall32), SYSENTER, and INT
 * 0x80: each sets the bounce, and guest user mode is left (guest_cpu_toggle) by the bounce itself.
 */
void guest_cpu_syscall(struct vcpu *v, struct cpu_user_regs *regs);
void guest_cpu_syscall32(struct vcpu *v, struct cpu_user_regs *regs);
void guest_cpu_sysenter(struct vcpu *v, struct cpu_user_regs *regs);

/*
 * The exit path's work, in C, when something is pending: chooses the failsafe callback, an event upcall or NMI if
 * it may be delivered, and builds the frame of cpu.bounce on the guest's stack (switching to kernel mode first).
 * A bad stack crashes the domain. Called with interrupts off until it says that the guest may be entered: nothing is
 * left to do, or an upcall that is due waits for the next entry (upcall_hold in bounce.c).
 */
bool guest_cpu_deliver(struct vcpu *v, struct cpu_user_regs *regs);

/* Changes between guest kernel and user mode: flag, GS bases, root. */
void guest_cpu_toggle(struct vcpu *v);

/* The iret hypercall; rax is the value to leave in the guest's rax. Crashes the domain for a bad frame. */
void guest_cpu_iret(struct vcpu *v, struct cpu_user_regs *regs);

/*
 * Gives the running (or a paused) vCPU a GDT of the domain's frames, entries in all (0: none), and drops the
 * old one's. 0, -XEN_EINVAL for too many entries or a frame that cannot hold descriptors; nothing has changed
 * then.
 */
int guest_cpu_set_gdt(struct vcpu *v, const uint64_t *frames, uint32_t entries) MUST_CHECK;

/*
 * The CPU touched the LDT window at this offset and found nothing: maps the page that the guest's LDT has
 * there. True: retry. Only for the running vCPU.
 */
bool guest_cpu_ldt_fault(struct vcpu *v, uint64_t offset) MUST_CHECK;

/*
 * As guest_cpu_page_fault, for a fault of guest code in a descriptor window, at an offset in the GDT's or the
 * LDT's part of it: maps the LDT's page, or makes a #PF or #GP of it as the guest would see on its own
 * tables.
 */
void guest_cpu_window_fault(struct vcpu *v, struct cpu_user_regs *regs, bool ldt, uint64_t offset);

/*
 * Debug register n (0 to 7) as the guest sees it. 0, -XEN_ENODEV, -XEN_EINVAL, -XEN_EPERM. The vCPU runs or
 * is paused.
 */
int guest_cpu_get_debugreg(struct vcpu *v, unsigned int n, uint64_t *value) MUST_CHECK;
int guest_cpu_set_debugreg(struct vcpu *v, unsigned int n, uint64_t value) MUST_CHECK;

/* DR7 for the CPU while the vCPU runs: no enabled breakpoint means that DR0 to DR3 hold nothing of it. */
uint64_t guest_cpu_debug_control(const struct vcpu *v);

/* CR0.TS of the running vCPU. */
void guest_cpu_set_ts(struct vcpu *v, bool set);

/* CR0 and CR4 as the guest reads them. */
uint64_t guest_cpu_cr0(const struct vcpu *v);
uint64_t guest_cpu_cr4(const struct vcpu *v);

/* The bits of CR4 that the vCPU may choose, by its policy. */
uint64_t guest_cpu_cr4_choice(const struct vcpu *v);

/* CR2 as the guest sees it, in both places. */
void guest_cpu_set_cr2(struct vcpu *v, uint64_t address);

/* Whether code of the running vCPU may touch I/O ports and the interrupt flag, by its virtual IOPL. */
bool guest_cpu_iopl_ok(const struct vcpu *v);

/* Linear addresses have 48 bits, sign-extended. */
static inline bool guest_address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* A selector for code or stack of a guest kernel: ring 3, since that is where it runs. */
static inline uint16_t guest_selector_fix(uint64_t selector)
{
    return (uint16_t)(selector | 3);
}

/*
 * Clears the LDT's mapped pages, drops their types: on a new root, a new LDT, or when their frames are wanted
 * otherwise. True: some were there.
 */
bool guest_cpu_ldt_drop(struct vcpu *v);

#endif
