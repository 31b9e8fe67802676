/* SPDX-License-Identifier: MIT */
/*
 * The null policy: each vCPU that is online has a CPU of its own, and never waits. Those that find none wait,
 * without running, until another vCPU goes offline or ends.
 */
#include "core/sched_policy.h"

#include "port/cpu.h"
#include "pvabi/domctl.h"

static struct {
    struct spinlock lock; /* LOCK_SCHED_POLICY */
    uint64_t taken;       /* CPUs that have an owner */
    struct vcpu *waiting; /* first of those without a CPU, in order of their coming */
} null_state;

void sched_null_init(void)
{
    lock_init(&null_state.lock, LOCK_SCHED_POLICY);
    null_state.taken = 0;
    null_state.waiting = NULL;
}

static void null_wait(struct vcpu *v)
{
    struct vcpu **end = &null_state.waiting;

    while (*end && *end != v) {
        end = &(*end)->sched.waiting_next;
    }
    if (!*end) {
        v->sched.waiting_next = NULL;
        *end = v;
    }
}

static void null_forget(struct vcpu *v)
{
    struct vcpu **at = &null_state.waiting;

    while (*at && *at != v) {
        at = &(*at)->sched.waiting_next;
    }
    if (*at) {
        *at = v->sched.waiting_next;
        v->sched.waiting_next = NULL;
    }
}

/* Gives v a CPU if one is free; returns where it belongs. The state's lock is held. */
static unsigned int null_assign(struct vcpu *v)
{
    unsigned int last = port_read_u32(&v->sched.cpu);
    struct cpumask allowed = sched_allowed(v), free;

    if (v->sched.has_cpu && cpumask_has(allowed, last)) {
        return last;
    }
    if (v->sched.has_cpu) { /* its affinity changed */
        port_write_u8(&v->sched.has_cpu, 0);
        null_state.taken &= ~cpumask_of(last).bits;
    }
    free = (struct cpumask){allowed.bits & ~null_state.taken};
    if (cpumask_empty(free)) {
        null_wait(v);
        return last;
    }
    last = cpumask_has(free, last) ? last : cpumask_first(free);
    null_state.taken |= cpumask_of(last).bits;
    port_write_u8(&v->sched.has_cpu, 1);
    return last;
}

static unsigned int null_place(struct vcpu *v)
{
    struct lock_token held = lock_acquire(&null_state.lock);
    unsigned int cpu = null_assign(v);

    lock_release(held);
    return cpu;
}

static void null_release(struct vcpu *v)
{
    struct lock_token held = lock_acquire(&null_state.lock);
    struct vcpu *next = NULL;

    null_forget(v);
    if (v->sched.has_cpu) {
        port_write_u8(&v->sched.has_cpu, 0);
        null_state.taken &= ~cpumask_of(port_read_u32(&v->sched.cpu)).bits;
        next = null_state.waiting;
    }
    if (next) {
        null_forget(next);
    }
    lock_release(held);
    if (next) {
        sched_reinsert(next);
    }
}

static void null_insert(struct sched_cpu *c, struct vcpu *v)
{
    sched_queue_insert(c, v, port_read_u8(&v->sched.has_cpu) ? 0 : 1);
}

static void null_remove(struct sched_cpu *c, struct vcpu *v)
{
    sched_queue_remove(c, v);
}

/* Only the owner of the CPU runs on it. */
static struct vcpu *null_pick(struct sched_cpu *c)
{
    struct vcpu *v = sched_queue_first(c);

    if (!v || !port_read_u8(&v->sched.has_cpu)) {
        return NULL;
    }
    sched_queue_remove(c, v);
    return v;
}

static struct vcpu *null_steal(struct sched_cpu *victim, unsigned int thief)
{
    (void)victim;
    (void)thief;
    return NULL;
}

static void null_nothing(struct sched_cpu *c, struct vcpu *v)
{
    (void)c;
    (void)v;
}

static void null_charge(struct sched_cpu *c, struct vcpu *v, uint64_t now)
{
    (void)c;
    v->sched.charged_until = now;
}

static bool null_keeps(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    (void)c;
    (void)now;
    return port_read_u8(&v->sched.has_cpu) != 0;
}

static uint64_t null_turn_end(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    (void)c;
    (void)v;
    (void)now;
    return UINT64_MAX;
}

static bool null_preempts(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    (void)now;
    return port_read_u8(&v->sched.has_cpu) && !port_read_u8(&c->current->sched.has_cpu);
}

const struct sched_policy sched_null = {
    .names = {"null"},
    .id = XEN_SCHEDULER_NULL,
    .place = null_place,
    .insert = null_insert,
    .requeue = null_insert,
    .remove = null_remove,
    .pick = null_pick,
    .steal = null_steal,
    .adopt = null_nothing,
    .charge = null_charge,
    .leave = null_nothing,
    .keeps = null_keeps,
    .turn_end = null_turn_end,
    .preempts = null_preempts,
    .release = null_release,
};
