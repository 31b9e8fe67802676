/* SPDX-License-Identifier: MIT */
/*
 * What the scheduler's mechanism and its policies share; for the files of core/sched*.c only.
 *
 * A runnable vCPU is in the queue of the CPU sched.cpu, or it is that CPU's current. Its CPU's lock guards
 * its place, its runstate and sched.cpu itself. A vCPU stays "running" until its state is saved, even when it
 * is back in a queue: only its own CPU may then take it out.
 */
#ifndef CORE_SCHED_POLICY_H
#define CORE_SCHED_POLICY_H

#include "core/domain.h"
#include "core/timer.h"
#include "port/atomic.h"

struct sched_cpu {
    struct spinlock lock;    /* LOCK_SCHED */
    unsigned int id;
    struct vcpu *idle;       /* NULL before the CPU is up */
    struct vcpu *current;    /* chosen last */
    struct timer slice;      /* the end of current's turn */
    struct min_heap queue;   /* of those that wait, by the policy's key */
    uint32_t load;           /* atomic: queue.count, for others to read without the lock */
    uint32_t help;           /* atomic: 1 + the CPU that asked this one to take a waiting vCPU; 0: none */
    int64_t floor;           /* atomic (by others): fair's least virtual time */
};

/* The lock of the CPU is held in all but place. */
struct sched_policy {
    const char *names[4];
    uint32_t id; /* XEN_SCHEDULER_* */

    /* The CPU where v, which became runnable, shall wait; any state may change meanwhile. */
    unsigned int (*place)(struct vcpu *v);

    /* v comes into the queue; the current goes back into it; v leaves it. */
    void (*insert)(struct sched_cpu *c, struct vcpu *v);
    void (*requeue)(struct sched_cpu *c, struct vcpu *v);
    void (*remove)(struct sched_cpu *c, struct vcpu *v);

    /* Takes the next one out of the queue, NULL if there is none. */
    struct vcpu *(*pick)(struct sched_cpu *c);

    /* Takes out one that another CPU may run; that CPU, whose lock is held too, takes it as its current. */
    struct vcpu *(*steal)(struct sched_cpu *victim, unsigned int thief);
    void (*adopt)(struct sched_cpu *c, struct vcpu *v);

    /* The current has run until now; and it leaves the CPU without going into the queue. */
    void (*charge)(struct sched_cpu *c, struct vcpu *v, uint64_t now);
    void (*leave)(struct sched_cpu *c, struct vcpu *v);

    /* Whether the current should go on although others wait; and until when. */
    bool (*keeps)(const struct sched_cpu *c, const struct vcpu *v, uint64_t now);
    uint64_t (*turn_end)(const struct sched_cpu *c, const struct vcpu *v, uint64_t now);

    /* Whether v, just queued, should run instead of the current. */
    bool (*preempts)(const struct sched_cpu *c, const struct vcpu *v, uint64_t now);

    /*
     * A vCPU ends or goes offline: gives back what it held beyond a queue's place. No lock held. May be NULL.
     */
    void (*release)(struct vcpu *v);
};

extern const struct sched_policy sched_fair, sched_null;

/* The policy that was chosen at boot. */
const struct sched_policy *sched_policy_now(void);

/* The state of a CPU, and the bits of those that idle (a hint). */
struct sched_cpu *sched_cpu_of(unsigned int cpu);
struct cpumask sched_idle_cpus(void);

/* The CPUs that v may use now: never empty. */
struct cpumask sched_allowed(const struct vcpu *v);

/* Puts v into a queue if it is runnable and not on a CPU; at most one caller does it. No lock held. */
void sched_enqueue(struct vcpu *v);

/* Takes v out of its queue, if it waits in one, and finds it a place anew. No lock held. */
void sched_reinsert(struct vcpu *v);

/* For queues that are ordered by a key: in and out, and the load. */
void sched_queue_insert(struct sched_cpu *c, struct vcpu *v, uint64_t key);
void sched_queue_remove(struct sched_cpu *c, struct vcpu *v);
struct vcpu *sched_queue_first(const struct sched_cpu *c);

/* Notes a new runstate; the lock of v's CPU is held. */
void sched_runstate_set(struct vcpu *v, int state, uint64_t now);

/* The runstate of a vCPU that is not running, by its reasons. */
int sched_runstate_waiting(const struct vcpu *v);

/* Locks the CPU that v belongs to. */
struct lock_token sched_lock(struct vcpu *v, struct sched_cpu **c);

/* Writes v's runstate area, if it has one and runs in kernel mode on this CPU; the state may be its last. */
void sched_write_runstate(struct vcpu *v);

/* For sched_vcpu_init and its end, sched_domain_init and its end. */
void sched_watchdog_init(struct domain *d);
void sched_watchdog_free(struct domain *d);
void sched_null_init(void);
void sched_fair_domain_init(struct domain *d);
void sched_fair_domain_free(struct domain *d);

#endif
