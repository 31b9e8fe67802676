/* SPDX-License-Identifier: MIT */
/* The CPUs: their blocks, and starting all but the first. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "lib/types.h"

/* Makes the block of a CPU (stacks, data, stubs) and its GDT page from boot memory; before
 * x86_boot_memory_release. */
void x86_cpu_block_make(unsigned int cpu, uint32_t apic_id);

/* Puts the other CPUs' first code below 1 MiB; before x86_boot_memory_release. */
void x86_smp_prepare(void);

/* Starts the CPUs 1 to count - 1, one after another, and waits for each; says so on the console when one does
 * not come. */
void x86_smp_start(unsigned int count);

/* The functions that port_cpu_call asked for, on the exit path and in the interrupt. */
void x86_call_answer(void);

#endif
