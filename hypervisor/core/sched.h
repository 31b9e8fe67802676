/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vCPU runs on which CPU. The mechanism (states, blocking, waking, switching) is here; the
 * policies stand behind struct sched_policy, one file each.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "core/timer.h"
#include "lib/cpumask.h"
#include "lib/min_heap.h"
#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/event_channel.h"
#include "pvabi/vcpu.h"

struct domain;
struct vcpu;

/* Why a vCPU does not run; it runs when no bit is set. Atomic. */
#define SCHED_PAUSE_BLOCKED  1u  /* SCHEDOP_block or poll */
#define SCHED_PAUSE_DOWN     2u  /* offline: VCPUOP_down, or never brought up */
#define SCHED_PAUSE_SHUTDOWN 16u /* stopped for good by a shutdown of the domain */
#define SCHED_PAUSE_CAP      32u /* the domain has used up its cap for the present period; counts as runnable */

#define SCHED_WEIGHT_DEFAULT 256u
#define SCHED_WATCHDOGS      2u /* of a domain */

struct sched_domain {
    bool made;                     /* by sched_domain_init */
    uint16_t weight;               /* 1 to 65535, 256 by default */
    uint16_t cap;                  /* per cent of one CPU, 0: none */
    uint32_t cap_armed;            /* atomic: cap_timer is set */
    uint64_t cap_used;             /* atomic: nanoseconds run in this period */
    struct timer cap_timer;        /* the period's end */
    struct spinlock watchdog_lock; /* LOCK_SCHED_WATCHDOG */
    uint32_t watchdogs_used;       /* bits, under watchdog_lock */
    struct timer watchdog[SCHED_WATCHDOGS];
    uint32_t latched_code; /* SCHEDOP_shutdown_code: SHUTDOWN_* + 1, 0: none */
};

struct sched_vcpu {
    uint32_t pause_flags; /* atomic, SCHED_PAUSE_* */
    uint32_t cpu;         /* atomic: where it runs or ran last, or waits; changes under that CPU's lock */
    uint8_t running;      /* atomic: it is on that CPU now (until its state is saved) */
    bool yielded;
    bool pinned; /* by SCHEDOP_pin_override: affinity is one CPU, unpinned_affinity what it was */
    struct cpumask affinity, soft_affinity; /* atomic */
    struct cpumask unpinned_affinity;
    struct vcpu_runstate_info runstate; /* under the run queue's lock */
    guest_va_t runstate_area; /* the guest's copy, 0: none; a linear address in its kernel's space */
    guest_va_t time_area;     /* VCPUOP_register_vcpu_time_memory_area */
    uint8_t runstate_stale;   /* the area is to be written when the guest is next entered in kernel mode */
    uint8_t time_stale;
    uint32_t time_version; /* of the published clock: even, the guest's copy is not trusted */
    struct timer poll_timer;
    uint32_t loading; /* atomic: VCPUOP_initialise is loading its context */
    /* The policy's own, in place so that scheduling needs no memory. */
    struct min_heap_node queue_node;
    int64_t virtual_time;      /* fair: absolute on a CPU or in a queue, else relative to the CPU's floor */
    uint64_t slice_start;      /* when it was last chosen */
    uint64_t charged_until;    /* up to when its time was charged */
    struct vcpu *waiting_next; /* null: the next vCPU that waits for a CPU of its own */
    uint8_t has_cpu;           /* null: sched.cpu is its own */
};

/*
 * Before any domain exists: prepares for all possible CPUs with the named policy ("fair", "null", ...);
 * false: no such.
 */
bool sched_init(const char *policy);

/* A CPU comes up: v is its idle vCPU, already running there. */
void sched_cpu_up(unsigned int cpu, struct vcpu *idle);

/* The policy's name, and its number by the ABI (XEN_SCHEDULER_*). */
const char *sched_policy_name(void);
uint32_t sched_policy_id(void);

int sched_domain_init(struct domain *d) MUST_CHECK;
void sched_domain_free(struct domain *d);
int sched_vcpu_init(struct vcpu *v) MUST_CHECK;
void sched_vcpu_free(struct vcpu *v);

/*
 * Sets or clears reasons not to run; clearing the last one wakes, setting one on a running vCPU makes its CPU
 * reschedule.
 */
void sched_pause_set(struct vcpu *v, uint32_t flags);
void sched_pause_clear(struct vcpu *v, uint32_t flags);

/* Waits until a vCPU that has a reason not to run is off its CPU and its state saved. No lock held. */
void sched_wait_descheduled(struct vcpu *v);

/* The share of a domain: weight 1 to 65535, cap in per cent of one CPU (0: none). -XEN_EINVAL for others. */
int sched_domain_set_share(struct domain *d, uint32_t weight, uint32_t cap) MUST_CHECK;

/* How long (in us) a vCPU runs at least before another one may interrupt it; 0: not at all. -XEN_EINVAL. */
int sched_set_ratelimit(uint32_t us) MUST_CHECK;
uint32_t sched_ratelimit(void);

/* Where a vCPU may run, and where it runs best. -XEN_EINVAL if no CPU that is up is in hard. */
int sched_set_affinity(struct vcpu *v, struct cpumask hard, struct cpumask soft) MUST_CHECK;

/* SCHEDOP_pin_override: to one CPU, or back (a negative number). -XEN_EINVAL, -XEN_EBUSY. */
int sched_pin_override(struct vcpu *v, int32_t cpu) MUST_CHECK;

/* SCHEDOP_watchdog: the ABI's ids and results. */
int sched_watchdog(struct domain *d, uint32_t id, uint32_t seconds) MUST_CHECK;

/* Makes the CPU that runs v enter its exit path, if another one does: it may have something to deliver. */
void sched_kick(struct vcpu *v);

/* Whether nothing keeps v from running. */
bool sched_is_runnable(const struct vcpu *v);

/* Wakes a blocked vCPU (an event became pending); no effect on others. */
void sched_wake(struct vcpu *v);

/* Sends v an NMI: it is delivered as soon as none is being handled. */
void sched_send_nmi(struct vcpu *v);

/* The running vCPU blocks until an event (upcalls get unmasked), or yields. */
void sched_block_current(void);
void sched_yield_current(void);

/*
 * The running vCPU sleeps until one of the ports, an array of the guest's, is pending, an upcall is due, or
 * the system time (0: no limit) has come. At once 0 if so already; else -XEN_EFAULT or, for a port that does
 * not exist, -XEN_EINVAL. Ports behind one that ends it are not read.
 */
int sched_poll_current(guest_va_t ports, uint32_t count, uint64_t timeout) MUST_CHECK;

/*
 * Chooses the next vCPU for this CPU and switches to it; may return at once if it is the same. The machine
 * calls it on its exit path when port_cpu_reschedule was asked, and from the idle loop. Interrupts off, no
 * lock held.
 */
void sched_run(void);

/* Called by port_vcpu_switch as soon as from's state is saved: others may now take it. */
void sched_switched(struct vcpu *from, struct vcpu *to);

/* On the way into a guest: writes runstate and time areas that are stale. Only in kernel mode. */
void sched_update_areas(struct vcpu *v);

/* Registers the areas; 0 as address for none. What v's own CPU can write is written at once. */
void sched_set_runstate_area(struct vcpu *v, guest_va_t area);
void sched_set_time_area(struct vcpu *v, guest_va_t area);

/* The runstate now, with the time in it up to now. */
void sched_runstate_get(struct vcpu *v, struct vcpu_runstate_info *info);

/*
 * The vCPU's time record (vcpu_info.time, and the secondary area) with this CPU's clock. v is running here.
 */
void sched_publish_time(struct vcpu *v);

/* Prints CPUs and their queues, for a debug key. */
void sched_print(void);

#endif
