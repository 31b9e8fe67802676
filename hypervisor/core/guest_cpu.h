/* SPDX-License-Identifier: MIT */
/*
 * What a PV guest sees of its CPU, as plain data: trap table, callbacks, descriptor tables, debug and control registers.
 * The machine reads it on its way into the guest; the offsets that assembly needs come from a generated header.
 */
#ifndef CORE_GUEST_CPU_H
#define CORE_GUEST_CPU_H

#include "lib/types.h"
#include "pvabi/xen.h"

struct domain;
struct vcpu;

#define GUEST_GDT_FRAMES 14u

/* A handler in the guest: where, and how it is entered. */
struct guest_callback {
    uint64_t address; /* 0: none */
    bool mask_events; /* upcalls are masked on entry */
};

/* A frame that the exit path builds on the guest's stack before it enters the guest: the guest sees a trap or callback. */
struct guest_bounce {
    uint64_t address;    /* handler; 0: nothing to deliver */
    uint32_t error_code;
    uint16_t cs;
    uint8_t flags;       /* GUEST_BOUNCE_* */
};

#define GUEST_BOUNCE_ERROR_CODE 1u /* push error_code */
#define GUEST_BOUNCE_MASK 2u       /* mask upcalls */
#define GUEST_BOUNCE_FAILSAFE 4u   /* the failsafe frame, with data selectors */
#define GUEST_BOUNCE_CLEAR_DF 8u   /* the system-call callback */

struct guest_cpu {
    bool kernel_mode; /* the guest kernel runs (both modes are ring 3) */
    bool nmi_masked;  /* an NMI is being handled: until iret */
    bool nmi_pending;
    bool ts;          /* CR0.TS as the guest set it */
    uint8_t iopl;     /* virtual IOPL, 0 to 3 */
    uint16_t kernel_ss;
    uint64_t kernel_sp;
    struct guest_bounce bounce;
    struct guest_callback event, failsafe, syscall, syscall32, sysenter, nmi;
    struct trap_info *traps; /* 256 */
    uint64_t cr2;
    uint64_t cr4;            /* bits that the guest may choose */
    uint64_t xcr0;
    uint64_t dr[8];          /* 0 to 3, 6, 7 as the guest sees them */
    uint64_t fs_base, gs_base_kernel, gs_base_user; /* valid while the vCPU is not running */
    uint16_t ds, es, fs, gs; /* likewise */
    mfn_t gdt_frames[GUEST_GDT_FRAMES];
    uint32_t gdt_entries;
    guest_va_t ldt_base;
    uint32_t ldt_entries;
    guest_va_t io_bitmap;    /* PHYSDEVOP_set_iobitmap */
    uint32_t io_bitmap_ports;
};

/* State of a new vCPU; 0 or -XEN_ENOMEM. And its end: drops GDT and LDT frames. */
int guest_cpu_init(struct vcpu *v) MUST_CHECK;
void guest_cpu_destroy(struct vcpu *v);

/*
 * Loads a vCPU's whole state from the ABI's structure (DOMCTL_setvcpucontext, VCPUOP_initialise, the first domain's builder) and
 * writes it out again (DOMCTL_getvcpucontext). Everything is checked before anything is changed. v is paused. 0, -XEN_EINVAL, ...
 */
int guest_cpu_load(struct vcpu *v, const struct vcpu_guest_context *context) MUST_CHECK;
void guest_cpu_save(struct vcpu *v, struct vcpu_guest_context *context);

/*
 * Delivers an exception to the running vCPU: chooses the handler in its trap table and sets cpu.bounce, which the exit path
 * turns into a frame. Without a handler the domain is crashed. has_error says whether the vector pushes error_code.
 */
void guest_cpu_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code, bool has_error);

/* #PF: also sets cr2 in the vcpu_info and recomputes the user bit of the error code. */
void guest_cpu_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error_code);

/*
 * A CPU exception from the guest. regs are its registers. Emulates what is to be emulated or injects. The machine calls them
 * from its entry path with interrupts off. cr2 is the linear address of a #PF.
 */
void guest_cpu_exception(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector);
void guest_cpu_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2);

/*
 * The SYSCALL instruction in guest user mode, 64 bit (or compatibility mode, syscall32), SYSENTER, and INT 0x80: each sets the
 * bounce, and guest user mode is left (guest_cpu_toggle) by the bounce itself.
 */
void guest_cpu_syscall(struct vcpu *v, struct cpu_user_regs *regs);
void guest_cpu_syscall32(struct vcpu *v, struct cpu_user_regs *regs);
void guest_cpu_sysenter(struct vcpu *v, struct cpu_user_regs *regs);

/*
 * The exit path's work, in C, when something is pending: chooses an event upcall or NMI if it may be delivered, and builds the
 * frame of cpu.bounce on the guest's stack (switching to kernel mode first). A bad stack crashes the domain.
 * Called with interrupts off until nothing is left to do.
 */
void guest_cpu_deliver(struct vcpu *v, struct cpu_user_regs *regs);

/* Changes between guest kernel and user mode: flag, GS bases, root. */
void guest_cpu_toggle(struct vcpu *v);

/* The iret hypercall; rax is the value to leave in the guest's rax. Crashes the domain for a bad frame. */
void guest_cpu_iret(struct vcpu *v, struct cpu_user_regs *regs);

/* An iret of the machine into the guest faulted (bad selector, non-canonical): the failsafe callback or #GP. */
void guest_cpu_iret_fault(struct vcpu *v, struct cpu_user_regs *regs, uint32_t error_code);

/* Clears the LDT's mapped pages, drops their types: on a new root, a new LDT, or when their frames are wanted otherwise. True: some were there. */
bool guest_cpu_ldt_drop(struct vcpu *v);

#endif
