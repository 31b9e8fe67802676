/* SPDX-License-Identifier: MIT */
/*
 * The longest stretch of each hypercall between two looks for other work (port_preempt_pending, or its begin and end):
 * how long a guest can keep a CPU from everything else. Counted only when asked for on the command line; under QEMU's
 * -icount a nanosecond is an instruction, and the figures are the same in every run.
 */
#ifndef CORE_STRETCH_H
#define CORE_STRETCH_H

#include "lib/types.h"

/* Set once, before any guest runs. */
extern bool stretch_counted;

/* The entry path, around each hypercall of this CPU. What a multicall runs counts as the multicall's. */
void stretch_begin(uint64_t number);
void stretch_end(void);

/* port_preempt_pending, before and after it lets interrupts in: they are not the hypercall's. */
void stretch_stop(void);
void stretch_go_on(void);

/* Prints a line for each hypercall that was made, for a debug key. */
void stretch_print(void);

/* The longest of a hypercall in nanoseconds, 0 if there was none. */
uint64_t stretch_longest(uint64_t number);

#endif
