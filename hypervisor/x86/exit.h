/* SPDX-License-Identifier: MIT */
/* The C side of the entry and exit paths. */
#ifndef X86_EXIT_H
#define X86_EXIT_H

#include "lib/types.h"

struct cpu_user_regs;
struct vcpu;

/* Called by x86/entry.S. regs are where the entry put them. */
void x86_hypercall(struct vcpu *v, struct cpu_user_regs *regs);
void x86_trap(struct cpu_user_regs *regs);
void x86_nmi(struct cpu_user_regs *regs);
void x86_double_fault(struct cpu_user_regs *regs) NORETURN;
void x86_machine_check(struct cpu_user_regs *regs) NORETURN;
void x86_bounce_failed(struct cpu_user_regs *regs);
void x86_exit_work(struct cpu_user_regs *regs);

/* In x86/entry.S. */
void x86_exit_from(struct cpu_user_regs *regs) NORETURN;
void x86_switch_stack(uintptr_t rsp, void (*function)(void)) NORETURN;

/* A CPU begins its life: current is its idle vCPU. */
void x86_exit_idle(void) NORETURN;

/* A vector of a device, the timer or another CPU; with interrupts off, from a guest, the idle loop or a
 * window. */
void x86_interrupt(unsigned int vector);

#endif
