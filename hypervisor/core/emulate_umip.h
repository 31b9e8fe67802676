/* SPDX-License-Identifier: MIT */
/* SGDT, SIDT, SLDT, STR and SMSW, which a CPU with UMIP refuses to guests. */
#ifndef CORE_EMULATE_UMIP_H
#define CORE_EMULATE_UMIP_H

#include "lib/insn.h"
#include "lib/types.h"

struct vcpu;

/* Whether it is one of these five. */
bool emulate_umip_decode(const struct insn *insn) MUST_CHECK;

/*
 * Does it for the running vCPU, in kernel and in user mode, with values that tell nothing of the hypervisor.
 * False: it gets its #GP (memory operands of 32-bit code). *again: a fault was injected, its rip stays.
 */
bool emulate_umip_run(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                      bool *again) MUST_CHECK;

#endif
