/* SPDX-License-Identifier: MIT */
/* Time: nanoseconds since the hypervisor's start, the wall clock, and the vCPU's timer. */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include <stdint.h>

#define TIME_MS 1000000ul
#define TIME_S  1000000000ul

/* System time of this vCPU, in nanoseconds. */
uint64_t time_now(void);
/* Nanoseconds since 1970: the wall clock at system time 0, plus system time. */
uint64_t time_wall(void);
/* The TSC's frequency as pvclock gives it, in kHz. */
uint64_t time_tsc_khz(void);
/* Arms the timer of this vCPU for system time `when`; it raises VIRQ_TIMER. 0 disarms. 0 or a negative error.
 */
int time_set_timer(uint64_t when);
/* Stops the periodic tick that every vCPU starts with. */
int time_stop_tick(void);
/* After a resume: the tick is as it was. Timers that were armed are gone. */
void time_resume(void);
/* Runs on for so many nanoseconds. */
void time_spin(uint64_t nanoseconds);
/* Sleeps so many nanoseconds without events (SCHEDOP_poll of no port). */
void time_sleep(uint64_t nanoseconds);

#endif
