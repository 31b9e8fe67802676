/* SPDX-License-Identifier: MIT */
/* Time from the time-stamp counter, its calibration, and the timer interrupt. */
#ifndef X86_TIME_H
#define X86_TIME_H

#include "lib/types.h"

/*
 * Measures the TSC and the APIC timer (x86/calibrate.h), reads the wall clock, and starts system time at 0;
 * once, on the first CPU with its APIC on. unstable is the command line's tsc=unstable.
 */
void x86_time_init(bool unstable);

/* Before it, time is not there: port_time_now gives 0. */
void x86_time_cpu_init(void);

/*
 * At the start of a further CPU: it calls x86_time_compare and waits in it until the first CPU's
 * x86_time_compare_other, which does nothing before, finds it there. Both then read their counters in turns; where
 * these differ that is said, and guests are no longer told that the TSC is stable.
 */
void x86_time_compare(void);
void x86_time_compare_other(unsigned int cpu);

#endif
