/* SPDX-License-Identifier: MIT */
/*
 * What something costs, as figures that ./lab collects: lines NAME=VALUE, or NAME[X]=VALUE for a series over
 * X.
 *
 * Under QEMU's -icount time is a count of instructions, which a loop of known length shows; without it
 * figures are in ticks of the TSC, and only ratios between them mean something.
 */
#ifndef GUEST_MEASURE_H
#define GUEST_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

typedef void measure_act(void *argument);

/* Calibrates, and prints the unit. Stops this vCPU's tick. */
void measure_init(void);
/* True if figures are instructions. */
bool measure_counts(void);
/* The least of several means of `calls` calls, without the cost of calling. */
uint64_t measure_cost(measure_act *act, void *argument, unsigned int calls);
/* Ticks of the TSC in the unit of the figures. */
uint64_t measure_convert(uint64_t ticks);
/* Prints NAME=VALUE of measure_cost over a thousand calls. */
void measure_print(const char *name, measure_act *act, void *argument);
/*
 * Calls it so many times between two marks, and prints "mark NAME CALLS": QEMU's plugin of ./lab --counts writes what
 * happened between the marks, the hypervisor's instructions and CR3 loads among it. Nothing but nops without it.
 */
void measure_marked(const char *name, measure_act *act, void *argument, unsigned int calls);
/* Instructions of one call that the guest itself executes, by single steps; handlers of traps not counted. */
uint64_t measure_own(measure_act *act, void *argument);

#endif
