/* SPDX-License-Identifier: MIT */
/* The data of one CPU, in the last page of its block. Assembly reads it by offsets from x86/asm_offsets.c. */
#ifndef X86_PERCPU_H
#define X86_PERCPU_H

#include "lib/cpumask.h"
#include "lib/types.h"
#include "x86/layout.h"

struct vcpu;

/* Work that the exit path must do before it enters a guest. */
#define X86_WORK_RESCHEDULE 1u
#define X86_WORK_TIMER      2u
#define X86_WORK_KICK       4u /* somebody changed what this CPU's guest should see: look again */
#define X86_WORK_CALL       8u
#define X86_WORK_FLUSH      16u
#define X86_WORK_NMI        32u
#define X86_WORK_TRACE      128u /* a trace is on: the fast paths of assembly are not taken */
#define X86_WORK_ROOT       64u /* the guest's L4 changed: XPTI's second roots are to be copied anew */

struct x86_tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_bitmap;
} __attribute__((packed));

/* What another CPU asks this one to flush. */
struct x86_flush {
    uint64_t address; /* the page, if one_page */
    bool one_page;
};

struct x86_cpu {
    struct vcpu *current;
    struct vcpu *idle;
    uint64_t scratch_rsp; /* the guest's rsp between SYSCALL and the first push */
    uint64_t nmi_rip;     /* where the last NMI came */
    uint32_t id;
    uint32_t work;         /* atomic, X86_WORK_* */
    uint32_t flush_wanted; /* atomic: 1 while flush asks for something not yet done */
    uint32_t apic_id;
    struct x86_flush flush;
    uint64_t root;      /* what CR3 holds in the hypervisor */
    uint32_t spec_ctrl;     /* MSR_SPEC_CTRL while the hypervisor runs */
    uint16_t verw_selector; /* what VERW looks at; its side effect is what is wanted */
    uint64_t last_vcpu;     /* the last that ran here and was not idle: domain, and number + 1 */
    uint64_t guest_cr3; /* what it holds in the guest under XPTI; 0: the same */
    uint64_t *second_l4[2];    /* XPTI's roots for user (0) and kernel (1) mode */
    uint64_t second_source[2]; /* ... and which root each is a copy of; 0: of none */
    uint64_t cr4;
    uint64_t xcr0;
    uint64_t lock_levels;              /* debug builds: a bit a level held */
    uint64_t lock_pairs;               /* ... of which two are held */
    uint64_t fault_address, fault_rip, fault_tsc; /* of the last fault that looked spurious */
    bool in_window;                    /* inside port_preempt_pending's window */
    bool online;
    uint64_t *gdt; /* the descriptors' page */
    struct x86_tss tss;
};

static inline uintptr_t x86_cpu_block(unsigned int cpu)
{
    return LAYOUT_CPUS + (uintptr_t)cpu * LAYOUT_CPU_SIZE;
}

static inline struct x86_cpu *x86_cpu_data(unsigned int cpu)
{
    return (struct x86_cpu *)(x86_cpu_block(cpu) + LAYOUT_CPU_DATA);
}

/* This CPU's data, from the stack pointer: holds on every stack of the block. */
static inline struct x86_cpu *x86_this_cpu(void)
{
    uintptr_t sp;

    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct x86_cpu *)((sp & ~(uintptr_t)(LAYOUT_CPU_SIZE - 1)) + LAYOUT_CPU_DATA);
}

#endif
