/* SPDX-License-Identifier: MIT */
/*
 * XPTI, against Meltdown: a guest runs on a second root that holds, of the hypervisor, only what the way in and
 * out needs: the entry code, the IDT, this CPU's block, the descriptor windows and the machine-to-physical
 * table. Each CPU has two such roots, for the kernel and the user mode of its vCPU, which are copies of the
 * guest's L4s in all other slots.
 */
#ifndef X86_XPTI_H
#define X86_XPTI_H

#include "lib/types.h"
#include "x86/l1tf.h"

struct vcpu;

/* Decides for whom it is on: the default is on for all where the CPU may be affected. Once, with the features. */
void x86_xpti_init(enum x86_choice first, enum x86_choice others);

/* Whether a domain has it; whether any can. */
bool x86_xpti_for(bool privileged);
bool x86_xpti_any(void);

/* Makes a CPU's second roots; boot only, after its block. */
void x86_xpti_cpu_make(unsigned int cpu);

/* This CPU's vCPU, its mode or its root changed: brings the second root for it up to date. */
void x86_xpti_load(void);

/* What this CPU's second roots were copied from has changed: the next x86_xpti_load copies anew. */
void x86_xpti_forget(void);

/* Prints what the second roots of this CPU map of the hypervisor, and says so if that is too much. */
void x86_xpti_print(void);

#endif
