/* SPDX-License-Identifier: MIT */
/* Timers: a heap for each CPU, and the timers that each vCPU has by the ABI (one single-shot, one periodic). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "lib/types.h"
#include "port/lock.h"

struct vcpu;

struct timer {
    uint64_t deadline;      /* system time in nanoseconds */
    void (*function)(void *argument);
    void *argument;
    unsigned int cpu;       /* whose heap */
    uint32_t heap_index;    /* 0: not set */
};

struct timer_vcpu {
    struct timer single_shot, periodic, poll;
    uint64_t period;        /* nanoseconds, 0: none */
};

/* For each CPU before it comes up. */
int timer_cpu_init(unsigned int cpu) MUST_CHECK;

/* function runs on some CPU in the hypervisor's context with no lock held and interrupts off. */
void timer_init(struct timer *t, void (*function)(void *), void *argument, unsigned int cpu);

/* Sets or moves the deadline; a time that has passed fires soon. No memory is needed. */
void timer_set(struct timer *t, uint64_t deadline);

/* Stops it; when it returns the function does not run and will not (unless called from the function itself). */
void timer_stop(struct timer *t);

/* Moves a timer to another CPU's heap. */
void timer_migrate(struct timer *t, unsigned int cpu);

/* The machine's timer interrupt on this CPU, on its exit path: runs what is due and arms the next. */
void timer_interrupt(void);

/* A new vCPU's timers (the 100 Hz periodic one runs by default, VIRQ_TIMER); and their end. */
void timer_vcpu_init(struct vcpu *v);
void timer_vcpu_free(struct vcpu *v);

/* VCPUOP_set_singleshot_timer and the others; deadlines are system time. */
void timer_vcpu_single_shot(struct vcpu *v, uint64_t deadline);
void timer_vcpu_single_shot_stop(struct vcpu *v);
void timer_vcpu_periodic(struct vcpu *v, uint64_t period);

#endif
