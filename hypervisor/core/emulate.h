/* SPDX-License-Identifier: MIT */
/* Emulation of the instructions that a PV kernel may use though they are privileged. */
#ifndef CORE_EMULATE_H
#define CORE_EMULATE_H

#include "lib/insn.h"
#include "lib/types.h"

struct vcpu;

/*
 * Fetches and decodes the instruction at the running vCPU's rip, by the mode that its code segment says.
 * False if it cannot be read or is not known.
 */
bool emulate_fetch(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn) MUST_CHECK;

/*
 * #GP with error code 0: does what the instruction would have done on the guest's virtual CPU, or injects
 * what it would have raised, and returns true. False: nothing was done, the guest gets its #GP.
 */
bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs) MUST_CHECK;

/* #UD: the prefix that forces CPUID to be emulated. False: it is something else. */
bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs) MUST_CHECK;

#endif
