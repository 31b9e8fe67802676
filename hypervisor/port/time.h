/* SPDX-License-Identifier: MIT */
/* Time. System time is in nanoseconds since the hypervisor started, the same on all CPUs, and never goes
 * back. */
#ifndef PORT_TIME_H
#define PORT_TIME_H

#include "lib/types.h"

/* A clock for guests, as the ABI's vcpu_time_info has it: time = system_time + ((tsc - tsc_stamp) << shift) *
 * mul >> 32. */
struct port_clock {
    uint64_t tsc_stamp;
    uint64_t system_time;
    uint32_t mul;
    int8_t shift;
    bool stable; /* the counters of all CPUs run alike */
};

/* Nanoseconds since the start. */
uint64_t port_time_now(void);

/* The clock to publish to a guest that runs on this CPU now. */
struct port_clock port_time_clock(void);

/* Frequency of the time-stamp counter in kHz. */
uint32_t port_time_tsc_khz(void);

/* The wall clock at system time 0, in nanoseconds since 1970; and a new one. */
uint64_t port_wallclock_base(void);
void port_wallclock_set_base(uint64_t ns);

/*
 * This CPU shall call timer_interrupt (core/timer.h) at the given system time, or at once if that has passed;
 * replaces what was asked before. UINT64_MAX asks for nothing.
 */
void port_timer_arm(uint64_t deadline);

#endif
