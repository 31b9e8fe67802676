/* SPDX-License-Identifier: MIT */
/*
 * Timers: a heap for each CPU, and the timers that each vCPU has: by the ABI (one single-shot, one periodic),
 * and one that ends the wait of an upcall.
 *
 * A timer is set on the CPU that sets it, whose hardware it can program; so it moves with its vCPU by itself.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "lib/min_heap.h"
#include "lib/types.h"
#include "port/lock.h"

struct vcpu;

#define TIMER_NS_PER_US      1000ull
#define TIMER_NS_PER_MS      1000000ull
#define TIMER_NS_PER_SECOND  1000000000ull
#define TIMER_PERIOD_DEFAULT (10 * TIMER_NS_PER_MS)

struct timer {
    struct min_heap_node node; /* its key is the deadline: system time in nanoseconds */
    void (*function)(void *argument);
    void *argument;
    uint32_t cpu; /* atomic: whose heap; changes under that heap's lock */
};

/* What to reserve for a vCPU: those of struct timer_vcpu, and the scheduler's for SCHEDOP_poll. */
#define TIMERS_OF_A_VCPU 4u

struct timer_vcpu {
    struct timer single_shot, periodic;
    struct timer upcall; /* bounce.c's: brings the vCPU into the hypervisor, where an upcall waits for it */
    uint64_t period;     /* atomic; nanoseconds, 0: none */
    uint64_t last_tick;  /* system time; of the CPU that runs the vCPU */
};

/* For each CPU before it comes up. */
int timer_cpu_init(unsigned int cpu) MUST_CHECK;

/*
 * Makes room for so many more timers on every CPU; and gives it back. Not at the same time as another of
 * these.
 */
int timer_reserve(uint32_t count) MUST_CHECK;
void timer_unreserve(uint32_t count);

/*
 * function runs on some CPU in the hypervisor's context with no lock held and interrupts off. Each CPU has
 * room for TIMER_SPARE timers of the hypervisor's own; others need timer_reserve.
 */
#define TIMER_SPARE 32u
void timer_init(struct timer *t, void (*function)(void *), void *argument, unsigned int cpu);

/* Sets or moves the deadline, on this CPU; a time that has passed fires soon. No memory is needed. */
void timer_set(struct timer *t, uint64_t deadline);

/*
 * Stops it; when it returns the function does not run and will not (unless called from the function itself).
 */
void timer_stop(struct timer *t);

/* Whether it is set. */
static inline bool timer_is_set(const struct timer *t)
{
    return min_heap_has(&t->node);
}

/* The machine's timer interrupt on this CPU, on its exit path: runs what is due and arms the next. */
void timer_interrupt(void);

/* A new vCPU's timers (the 100 Hz periodic one runs by default, VIRQ_TIMER); and their end. */
void timer_vcpu_init(struct vcpu *v);
void timer_vcpu_free(struct vcpu *v);

/* VCPUOP_set_singleshot_timer and the others; deadlines are system time. */
void timer_vcpu_single_shot(struct vcpu *v, uint64_t deadline);
void timer_vcpu_single_shot_stop(struct vcpu *v);
void timer_vcpu_periodic(struct vcpu *v, uint64_t period);

/*
 * The scheduler gives this CPU to v, or has taken it away: the periodic timer goes only while v runs. No lock
 * held.
 */
void timer_vcpu_enter(struct vcpu *v);
void timer_vcpu_leave(struct vcpu *v);

#endif
