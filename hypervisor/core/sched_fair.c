/* SPDX-License-Identifier: MIT */
/*
 * The fair policy: who has had least of its share runs next.
 *
 * A vCPU's virtual time goes on while it runs, the slower the heavier its domain. Each CPU's floor is the
 * virtual time of the one it chose last; a vCPU that comes from sleep or from another CPU keeps its distance
 * to the floor, less the time that it did not run, but sleep earns only a small lead. A domain with a cap has
 * a budget for each period; when that is used up its vCPUs wait for the next.
 */
#include "core/sched_policy.h"

#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/domctl.h"
#include "pvabi/errno.h"
#include "pvabi/sysctl.h"

#define FAIR_SLICE (10 * TIMER_NS_PER_MS)     /* longest turn while others wait */
#define FAIR_LEAD ((int64_t)(5 * TIMER_NS_PER_MS)) /* what a sleeper gets at most */
#define FAIR_MARGIN ((int64_t)(1 * TIMER_NS_PER_MS)) /* how much less one must have had to interrupt */
#define FAIR_CAP_PERIOD (50 * TIMER_NS_PER_MS)
#define FAIR_DEBT_MAX ((int64_t)TIMER_NS_PER_SECOND)

/* Atomic: nobody is interrupted before (XEN_SYSCTL_scheduler_op's rate limit). */
static uint64_t fair_turn_min = 1 * TIMER_NS_PER_MS;

static int64_t fair_scale(const struct vcpu *v, uint64_t ns)
{
    return (int64_t)(ns * SCHED_WEIGHT_DEFAULT / v->domain->sched.weight);
}

/* Virtual times are signed and may pass zero; the heap's keys are not. */
static uint64_t fair_key(int64_t virtual_time)
{
    return (uint64_t)virtual_time ^ (1ull << 63);
}

/* What a vCPU has run and is not charged for yet. Another CPU's clock may be a little behind the one that noted the
 * start. */
static uint64_t fair_uncharged(const struct vcpu *v, uint64_t now)
{
    return now > v->sched.charged_until ? now - v->sched.charged_until : 0;
}

/* The virtual time of the current, with what is not charged yet. */
static int64_t fair_live(const struct vcpu *v, uint64_t now)
{
    return v->sched.virtual_time + fair_scale(v, fair_uncharged(v, now));
}

static void fair_raise_floor(struct sched_cpu *c, int64_t virtual_time)
{
    port_write_u64((uint64_t *)&c->floor, (uint64_t)MAX(c->floor, virtual_time));
}

/* The floor goes on with the one that has had least of those on the CPU, the running one among them. */
static void fair_update_floor(struct sched_cpu *c, const struct vcpu *running, uint64_t now)
{
    const struct vcpu *first = sched_queue_first(c);
    int64_t least = fair_live(running, now);

    fair_raise_floor(c, first ? MIN(least, first->sched.virtual_time) : least);
}

/*
 * v comes to a CPU: its virtual time becomes absolute. While it did not run it came down, but not without
 * end.
 */
static void fair_attach(const struct sched_cpu *c, struct vcpu *v)
{
    int64_t away = (int64_t)(port_time_now() - v->sched.charged_until);
    int64_t distance = MIN(v->sched.virtual_time, FAIR_DEBT_MAX) - MIN(away, FAIR_DEBT_MAX + FAIR_LEAD);

    v->sched.virtual_time = c->floor + MAX(distance, -FAIR_LEAD);
}

static void fair_detach(const struct sched_cpu *c, struct vcpu *v)
{
    v->sched.virtual_time -= c->floor;
}

static void fair_leave(struct sched_cpu *c, struct vcpu *v)
{
    fair_detach(c, v);
}

static struct cpumask fair_preferred(const struct vcpu *v)
{
    struct cpumask allowed = sched_allowed(v), soft = {port_read_u64(&v->sched.soft_affinity.bits)};

    soft = cpumask_and(allowed, soft);
    return cpumask_empty(soft) ? allowed : soft;
}

static unsigned int fair_least_loaded(struct cpumask cpus, unsigned int last)
{
    unsigned int best = cpumask_has(cpus, last) ? last : cpumask_first(cpus);

    CPUMASK_FOR_EACH(cpu, cpus) {
        unsigned int other = (unsigned int)cpu;

        if (port_read_u32(&sched_cpu_of(other)->load) < port_read_u32(&sched_cpu_of(best)->load)) {
            best = other;
        }
    }
    return best;
}

static unsigned int fair_place(struct vcpu *v)
{
    unsigned int last = port_read_u32(&v->sched.cpu);
    struct cpumask cpus = fair_preferred(v), idle = cpumask_and(cpus, sched_idle_cpus());

    /* One that still idles may have been chosen for others already. */
    return fair_least_loaded(cpumask_empty(idle) ? cpus : idle, last);
}

static void fair_insert(struct sched_cpu *c, struct vcpu *v)
{
    /* A vCPU that runs alone is not charged for long: the newcomer must not start far behind it. */
    if (!c->current->is_idle) {
        fair_update_floor(c, c->current, port_time_now());
    }
    fair_attach(c, v);
    sched_queue_insert(c, v, fair_key(v->sched.virtual_time));
}

static void fair_requeue(struct sched_cpu *c, struct vcpu *v)
{
    const struct vcpu *first = sched_queue_first(c);

    /* One that yields goes behind the next one. */
    if (v->sched.yielded && first && first->sched.virtual_time >= v->sched.virtual_time) {
        v->sched.virtual_time = first->sched.virtual_time + 1;
    }
    sched_queue_insert(c, v, fair_key(v->sched.virtual_time));
}

static void fair_remove(struct sched_cpu *c, struct vcpu *v)
{
    sched_queue_remove(c, v);
    fair_detach(c, v);
}

static struct vcpu *fair_pick(struct sched_cpu *c)
{
    struct vcpu *v = sched_queue_first(c);

    if (v) {
        sched_queue_remove(c, v);
        fair_raise_floor(c, v->sched.virtual_time);
    }
    return v;
}

/* How many of a queue's vCPUs are looked at: those at the front of the heap, which need a CPU most. */
#define FAIR_STEAL_LOOK 16u

static struct vcpu *fair_steal(struct sched_cpu *victim, unsigned int thief)
{
    for (uint32_t i = 1; i <= MIN(victim->queue.count, FAIR_STEAL_LOOK); i++) {
        struct vcpu *v = CONTAINER_OF(victim->queue.slots[i], struct vcpu, sched.queue_node);

        if (!port_read_u8(&v->sched.running) && cpumask_has(sched_allowed(v), thief)) {
            fair_remove(victim, v);
            return v;
        }
    }
    return NULL;
}

static void fair_adopt(struct sched_cpu *c, struct vcpu *v)
{
    fair_attach(c, v);
    fair_raise_floor(c, v->sched.virtual_time);
}

static uint64_t fair_budget(const struct domain *d)
{
    return FAIR_CAP_PERIOD / 100 * d->sched.cap;
}

/* A domain with a cap has run: counts it, and stops v if the budget is used up until the period ends. */
static void fair_charge_cap(struct domain *d, struct vcpu *v, uint64_t ran, uint64_t now)
{
    uint64_t used = port_add_u64(&d->sched.cap_used, ran) + ran;

    if (port_swap_u32(&d->sched.cap_armed, 1) == 0) {
        /* The period began when this turn did. */
        timer_set(&d->sched.cap_timer, now - MIN(ran, FAIR_CAP_PERIOD) + FAIR_CAP_PERIOD);
    }
    if (used >= fair_budget(d)) {
        port_or_u32(&v->sched.pause_flags, SCHED_PAUSE_CAP);
    }
}

static void fair_charge(struct sched_cpu *c, struct vcpu *v, uint64_t now)
{
    uint64_t ran = fair_uncharged(v, now);

    v->sched.charged_until = now;
    v->sched.virtual_time += fair_scale(v, ran);
    fair_update_floor(c, v, now);
    if (v->domain->sched.cap) {
        fair_charge_cap(v->domain, v, ran, now);
    }
}

/* The period of a cap ends: what was used beyond the budget is a debt to the next. */
static void fair_cap_period_end(void *argument)
{
    struct domain *d = argument;
    uint64_t budget = fair_budget(d), used = port_read_u64(&d->sched.cap_used);
    struct vcpu *v;

    while (!port_cas_u64(&d->sched.cap_used, &used, used > budget && budget ? used - budget : 0)) {
        ;
    }
    port_write_u32(&d->sched.cap_armed, 0);
    port_barrier();
    DOMAIN_FOR_EACH_VCPU(d, v) {
        if (port_read_u32(&v->sched.pause_flags) & SCHED_PAUSE_CAP) {
            sched_pause_clear(v, SCHED_PAUSE_CAP);
        }
    }
}

void sched_fair_domain_init(struct domain *d)
{
    timer_init(&d->sched.cap_timer, fair_cap_period_end, d, port_cpu_id());
}

void sched_fair_domain_free(struct domain *d)
{
    timer_stop(&d->sched.cap_timer);
}

int sched_domain_set_share(struct domain *d, uint32_t weight, uint32_t cap)
{
    if (weight == 0 || weight > UINT16_MAX || cap > UINT16_MAX) {
        return -XEN_EINVAL;
    }
    d->sched.weight = (uint16_t)weight;
    d->sched.cap = (uint16_t)cap;
    return 0;
}

int sched_set_ratelimit(uint32_t us)
{
    if (us != 0 && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX)) {
        return -XEN_EINVAL;
    }
    port_write_u64(&fair_turn_min, us * TIMER_NS_PER_US);
    return 0;
}

uint32_t sched_ratelimit(void)
{
    return (uint32_t)(port_read_u64(&fair_turn_min) / TIMER_NS_PER_US);
}

static bool fair_keeps(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    return c->queue.count == 0 || now - v->sched.slice_start < port_read_u64(&fair_turn_min);
}

static uint64_t fair_turn_end(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    const struct vcpu *first = sched_queue_first(c);
    uint64_t end = UINT64_MAX, used;

    if (first) {
        bool behind = first->sched.virtual_time + FAIR_MARGIN < fair_live(v, now);

        end = v->sched.slice_start + (behind ? port_read_u64(&fair_turn_min) : FAIR_SLICE);
    }
    if (v->domain->sched.cap) {
        used = port_read_u64(&v->domain->sched.cap_used);
        end = MIN(end, now + (used < fair_budget(v->domain) ? fair_budget(v->domain) - used : 0));
    }
    return end;
}

static bool fair_preempts(const struct sched_cpu *c, const struct vcpu *v, uint64_t now)
{
    return now - c->current->sched.slice_start >= port_read_u64(&fair_turn_min) &&
           v->sched.virtual_time + FAIR_MARGIN < fair_live(c->current, now);
}

const struct sched_policy sched_fair = {
    .names = {"fair", "credit2", "credit"},
    .id = XEN_SCHEDULER_CREDIT2,
    .place = fair_place,
    .insert = fair_insert,
    .requeue = fair_requeue,
    .remove = fair_remove,
    .pick = fair_pick,
    .steal = fair_steal,
    .adopt = fair_adopt,
    .charge = fair_charge,
    .leave = fair_leave,
    .keeps = fair_keeps,
    .turn_end = fair_turn_end,
    .preempts = fair_preempts,
};
