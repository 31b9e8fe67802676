/* SPDX-License-Identifier: MIT */
/* The end of a sequence: all is counted, all domains die, and nothing may be left. For world.c. */
#ifndef TESTS_FUZZ_HV_WORLD_END_H
#define TESTS_FUZZ_HV_WORLD_END_H

/* So many vCPUs have rooms for their timers and in run queues from the beginning. */
#define FUZZ_ROOMS_VCPUS 32u

/* Before there is any domain: how much memory is free. */
void fuzz_end_note(void);

/* A sequence begins. */
void fuzz_end_reset(void);

/* Timers that are due and schedulers that were asked for run on all CPUs (world.c). */
void fuzz_cpus_work(void);

#endif
