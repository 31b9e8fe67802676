/* SPDX-License-Identifier: MIT */
/* What the toy kernel and the machine below it (bare or PV) tell one another. */
#ifndef PORTING_KERNEL_H
#define PORTING_KERNEL_H

#include <stdint.h>

#include "guest/trap.h"

#define KERNEL_CPUS 2

enum kernel_entry { KERNEL_SYSCALL, KERNEL_FAULT, KERNEL_INTERRUPT };

/* Runs on the first CPU once the machine is ready, interrupts masked; powers off at its end. */
void kernel_main(void);
/* The same for the second CPU. */
void kernel_second_cpu(void);
/*
 * Every entry: a system call or a fault of user mode, or an interrupt (timer, IPI) of either mode. Interrupts
 * are masked. What it leaves in the frame is where the CPU goes on.
 */
void kernel_enter(enum kernel_entry entry, struct trap_frame *frame);

#endif
