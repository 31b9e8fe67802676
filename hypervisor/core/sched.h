/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vCPU runs on which CPU. The mechanism (states, blocking, waking, switching) is here; the policies stand
 * behind struct sched_policy, one file each.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "lib/cpumask.h"
#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/vcpu.h"

struct domain;
struct vcpu;

/* Why a vCPU does not run; it runs when no bit is set. Atomic. */
#define SCHED_PAUSE_BLOCKED 1u /* SCHEDOP_block or poll */
#define SCHED_PAUSE_DOWN 2u    /* offline: VCPUOP_down, or never brought up */
#define SCHED_PAUSE_DOMAIN 4u  /* the domain's pause_count is not 0 */
#define SCHED_PAUSE_VCPU 8u    /* sched_vcpu.pause_count is not 0 */
#define SCHED_PAUSE_SHUTDOWN 16u /* stopped for good by a shutdown of the domain */

struct sched_domain {
    uint16_t weight; /* 1 to 65535, 256 by default */
    uint16_t cap;    /* per cent of one CPU, 0: none */
    void *policy;    /* the policy's own */
};

struct sched_vcpu {
    uint32_t pause_flags;  /* atomic, SCHED_PAUSE_* */
    uint32_t pause_count;  /* atomic */
    unsigned int cpu;      /* where it runs or ran last, or waits */
    bool running;          /* it is on that CPU now (until its state is saved) */
    bool yielded;
    struct cpumask affinity, soft_affinity;
    struct vcpu_runstate_info runstate; /* under the run queue's lock */
    guest_va_t runstate_area;  /* the guest's copy, 0: none; a linear address in its kernel's space */
    guest_va_t time_area;      /* VCPUOP_register_vcpu_time_memory_area */
    bool runstate_stale;       /* a write to the areas failed in user mode: to be tried again in kernel mode */
    bool time_stale;
    /* The policy's own, in place so that scheduling needs no memory. */
    uint64_t virtual_time;
    uint32_t heap_index;       /* place in the run queue; 0: not queued */
    uint64_t slice_start, cap_used;
};

/* Before any domain exists: prepares for all possible CPUs with the named policy ("fair", "null", ...); false: no such. */
bool sched_init(const char *policy);

/* A CPU comes up: v is its idle vCPU, already running there. */
void sched_cpu_up(unsigned int cpu, struct vcpu *idle);

int sched_domain_init(struct domain *d) MUST_CHECK;
void sched_domain_free(struct domain *d);
int sched_vcpu_init(struct vcpu *v) MUST_CHECK;
void sched_vcpu_free(struct vcpu *v);

/* Sets or clears reasons not to run; clearing the last one wakes, setting one on a running vCPU makes its CPU reschedule. */
void sched_pause_set(struct vcpu *v, uint32_t flags);
void sched_pause_clear(struct vcpu *v, uint32_t flags);

/* Counted pause of one vCPU; sched_vcpu_pause returns when v runs nowhere (not on oneself). */
void sched_vcpu_pause(struct vcpu *v);
void sched_vcpu_pause_nosync(struct vcpu *v);
void sched_vcpu_unpause(struct vcpu *v);

/* Waits until a vCPU that has a reason not to run is off its CPU and its state saved. No lock held. */
void sched_wait_descheduled(struct vcpu *v);

/* Wakes a blocked vCPU (an event became pending); no effect on others. */
void sched_wake(struct vcpu *v);

/* The running vCPU blocks until an event, yields, or polls (hypercall/sched.c does the decoding). */
void sched_block_current(void);
void sched_yield_current(void);

/*
 * Chooses the next vCPU for this CPU and switches to it; may return at once if it is the same. The machine calls it on its
 * exit path when port_cpu_reschedule was asked, and from the idle loop. Interrupts off, no lock held.
 */
void sched_run(void);

/* Called by port_vcpu_switch as soon as from's state is saved: others may now take it. */
void sched_switched(struct vcpu *from, struct vcpu *to);

/* On the way into a guest: writes runstate and time areas that are stale. Only in kernel mode. */
void sched_update_areas(struct vcpu *v);

/* CPU time of a vCPU so far, in nanoseconds, and its runstate now. */
void sched_runstate_get(struct vcpu *v, struct vcpu_runstate_info *info);

/* The vCPU's time record (vcpu_info.time, and the secondary area) with this CPU's clock. v is running here. */
void sched_publish_time(struct vcpu *v);

#endif
