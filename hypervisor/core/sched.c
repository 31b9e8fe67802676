/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: the state of CPUs, and the switch from one vCPU to the next. What a policy decides is in struct
 * sched_policy.
 */
#include "core/sched_policy.h"

#include "core/heap.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/errno.h"

static const struct sched_policy *const sched_policies[] = {&sched_fair, &sched_null};
static const struct sched_policy *policy = &sched_fair;
static struct sched_cpu sched_cpus[CPU_MAX];
static uint64_t sched_idle_bits;  /* atomic: CPUs whose current is their idle vCPU */
static uint32_t sched_vcpu_count; /* atomic */

static bool sched_policy_has_name(const struct sched_policy *p, const char *name)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(p->names) && p->names[i]; i++) {
        if (strcmp(p->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool sched_init(const char *name)
{
    sched_null_init();
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_policies); i++) {
        if (sched_policy_has_name(sched_policies[i], name)) {
            policy = sched_policies[i];
            for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
                lock_init(&sched_cpus[cpu].lock, LOCK_SCHED);
                sched_cpus[cpu].id = cpu;
            }
            return true;
        }
    }
    return false;
}

const struct sched_policy *sched_policy_now(void)
{
    return policy;
}

const char *sched_policy_name(void)
{
    return policy->names[0];
}

uint32_t sched_policy_id(void)
{
    return policy->id;
}

struct sched_cpu *sched_cpu_of(unsigned int cpu)
{
    return &sched_cpus[cpu];
}

struct cpumask sched_idle_cpus(void)
{
    return (struct cpumask){port_read_u64(&sched_idle_bits)};
}

struct cpumask sched_allowed(const struct vcpu *v)
{
    struct cpumask online = port_cpus_online(), hard = {port_read_u64(&v->sched.affinity.bits)};
    struct cpumask allowed = cpumask_and(hard, online);

    return cpumask_empty(allowed) ? online : allowed;
}

static int sched_queue_grow(struct sched_cpu *c)
{
    uint32_t wanted = port_read_u32(&sched_vcpu_count), capacity = MAX(wanted, 2 * c->queue.capacity);
    struct lock_token held;
    void *room;

    if (wanted <= c->queue.capacity) {
        return 0;
    }
    room = heap_zalloc(min_heap_size(capacity));
    if (!room) {
        return -XEN_ENOMEM;
    }
    held = lock_acquire(&c->lock);
    /* Another CPU that makes a vCPU may have given more meanwhile. */
    if (capacity > c->queue.capacity) {
        room = min_heap_give(&c->queue, room, capacity);
    }
    lock_release(held);
    heap_free(room);
    return 0;
}

/* Every queue has room for every vCPU. */
static int sched_reserve(void)
{
    port_add_u32(&sched_vcpu_count, 1);
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        int ret = sched_cpus[cpu].idle ? sched_queue_grow(&sched_cpus[cpu]) : 0;

        if (ret) {
            port_add_u32(&sched_vcpu_count, (uint32_t)-1);
            return ret;
        }
    }
    return 0;
}

/*
 * A turn ends while others wait: a CPU where fewer wait shall take one of them, so that in the end all get
 * their share although their number is no multiple of the CPUs'.
 */
static void sched_ask_help(const struct sched_cpu *c)
{
    uint32_t least = port_read_u32(&c->load);
    struct sched_cpu *helper = NULL;

    CPUMASK_FOR_EACH(cpu, port_cpus_online())
    {
        struct sched_cpu *other = &sched_cpus[cpu];

        if (other->idle && port_read_u32(&other->load) < least) {
            least = port_read_u32(&other->load);
            helper = other;
        }
    }
    if (helper) {
        port_write_u32(&helper->help, c->id + 1);
        port_cpu_reschedule(helper->id);
    }
}

static void sched_slice_end(void *argument)
{
    struct sched_cpu *c = argument;

    sched_ask_help(c);
    port_cpu_reschedule(c->id);
}

void sched_cpu_up(unsigned int cpu, struct vcpu *idle)
{
    struct sched_cpu *c = &sched_cpus[cpu];

    timer_init(&c->slice, sched_slice_end, c, cpu);
    port_write_u32(&idle->sched.cpu, cpu);
    port_write_u8(&idle->sched.running, 1);
    idle->sched.pause_flags = 0;
    idle->sched.runstate.state = RUNSTATE_running;
    idle->sched.runstate.state_entry_time = port_time_now();
    c->current = idle;
    c->idle = idle;
    if (sched_queue_grow(c)) {
        port_panic("no memory for the run queue of CPU %u", cpu);
    }
    port_or_u64(&sched_idle_bits, cpumask_of(cpu).bits);
}

static void sched_poll_timeout(void *argument)
{
    struct vcpu *v = argument;

    /*
     * A timer of an earlier poll that fires late finds no poll, or ends this one early, which the ABI allows.
     */
    if (port_read_u32(&v->evtchn.poll) != EVTCHN_POLL_NONE) {
        sched_wake(v);
    }
}

int sched_vcpu_init(struct vcpu *v)
{
    struct cpumask online = port_cpus_online();
    unsigned int count = MAX(cpumask_count(online), 1u);
    int ret = sched_reserve();

    if (ret) {
        return ret;
    }
    ret = timer_reserve(TIMERS_OF_A_VCPU);
    if (ret) {
        port_add_u32(&sched_vcpu_count, (uint32_t)-1);
        return ret;
    }
    v->sched = (struct sched_vcpu){
        .pause_flags = SCHED_PAUSE_DOWN,
        .cpu = v->is_idle ? v->id : v->id % count,
        .affinity = cpumask_first_n(CPU_MAX),
        .soft_affinity = cpumask_first_n(CPU_MAX),
        .runstate = {.state = RUNSTATE_offline, .state_entry_time = port_time_now()},
    };
    timer_init(&v->sched.poll_timer, sched_poll_timeout, v, v->is_idle ? 0 : v->sched.cpu);
    return 0;
}

void sched_vcpu_free(struct vcpu *v)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);

    if (min_heap_has(&v->sched.queue_node)) {
        policy->remove(c, v);
    }
    lock_release(held);
    if (policy->release) {
        policy->release(v);
    }
    timer_stop(&v->sched.poll_timer);
    timer_unreserve(TIMERS_OF_A_VCPU);
    port_add_u32(&sched_vcpu_count, (uint32_t)-1);
}

int sched_domain_init(struct domain *d)
{
    int ret = timer_reserve(1 + SCHED_WATCHDOGS);

    if (ret) {
        return ret;
    }
    d->sched = (struct sched_domain){.made = true, .weight = SCHED_WEIGHT_DEFAULT};
    sched_fair_domain_init(d);
    sched_watchdog_init(d);
    return 0;
}

void sched_domain_free(struct domain *d)
{
    if (!d->sched.made) {
        return;
    }
    sched_watchdog_free(d);
    sched_fair_domain_free(d);
    timer_unreserve(1 + SCHED_WATCHDOGS);
}

struct lock_token sched_lock(struct vcpu *v, struct sched_cpu **c)
{
    for (;;) {
        uint32_t cpu = port_read_u32(&v->sched.cpu);
        struct lock_token held = lock_acquire(&sched_cpus[cpu].lock);

        /* Pairs with the release in sched_enqueue: v may have been under another CPU's lock until then. */
        if (port_read_acquire_u32(&v->sched.cpu) == cpu) {
            *c = &sched_cpus[cpu];
            return held;
        }
        lock_release(held);
    }
}

void sched_queue_insert(struct sched_cpu *c, struct vcpu *v, uint64_t key)
{
    ASSERT(c->queue.count < c->queue.capacity);
    min_heap_insert(&c->queue, &v->sched.queue_node, key);
    port_write_u32(&c->load, c->queue.count);
}

void sched_queue_remove(struct sched_cpu *c, struct vcpu *v)
{
    min_heap_remove(&c->queue, &v->sched.queue_node);
    port_write_u32(&c->load, c->queue.count);
}

struct vcpu *sched_queue_first(const struct sched_cpu *c)
{
    struct min_heap_node *first = min_heap_first(&c->queue);

    return first ? CONTAINER_OF(first, struct vcpu, sched.queue_node) : NULL;
}

/* A vCPU that may run on these CPUs waits on a busy one: if one of them idles, it may come and take it. */
static void sched_tell_idle(struct cpumask allowed)
{
    struct cpumask idle;

    /*
     * Pairs with the atomic "or" in sched_find: either we see the CPU idle, or it sees the vCPU in the queue.
     */
    port_barrier();
    idle = cpumask_and(sched_idle_cpus(), allowed);
    if (!cpumask_empty(idle)) {
        port_cpu_reschedule(cpumask_first(idle));
    }
}

/* Queues v on its CPU, whose lock is held; true if it does not run there at once. */
static bool sched_enqueue_here(struct sched_cpu *c, struct vcpu *v)
{
    uint64_t now = port_time_now();
    bool idle_for_another = c->current->is_idle && c->queue.count > 0;

    sched_runstate_set(v, RUNSTATE_runnable, now);
    policy->insert(c, v);
    if (c->current->is_idle || policy->preempts(c, v, now)) {
        port_cpu_reschedule(c->id);
        return idle_for_another;
    }
    if (c->id != port_cpu_id()) {
        port_cpu_reschedule(c->id); /* only it can set its timer */
    } else {
        timer_set(&c->slice, policy->turn_end(c, c->current, now));
    }
    return true;
}

void sched_enqueue(struct vcpu *v)
{
    bool placed = false;

    for (;;) {
        struct sched_cpu *c;
        unsigned int target = placed ? 0 : policy->place(v);
        struct lock_token held = sched_lock(v, &c);
        struct cpumask allowed = sched_allowed(v);
        bool waits;

        if (!sched_is_runnable(v) || min_heap_has(&v->sched.queue_node) || c->current == v) {
            lock_release(held);
            return;
        }
        /* While its state is not saved it must stay where it ran. */
        if (!placed && target != c->id && !port_read_u8(&v->sched.running)) {
            port_write_release_u32(&v->sched.cpu, target);
            lock_release(held);
            placed = true;
            continue;
        }
        waits = sched_enqueue_here(c, v);
        allowed.bits &= ~cpumask_of(c->id).bits; /* it knows */
        lock_release(held);
        if (waits) {
            sched_tell_idle(allowed);
        }
        return;
    }
}

/* Takes one vCPU from another CPU's queue. c's lock is held, so the other's is only tried. */
static struct vcpu *sched_steal_from(struct sched_cpu *c, struct sched_cpu *victim)
{
    struct lock_token theirs;
    struct vcpu *v;

    if (victim == c || port_read_u32(&victim->load) == 0) {
        return NULL;
    }
    theirs = lock_try(&victim->lock);
    if (!theirs.lock) {
        return NULL;
    }
    v = policy->steal(victim, c->id);
    if (v) {
        port_write_u32(&v->sched.cpu, c->id);
    }
    lock_release(theirs);
    return v;
}

/* Looks for work in the queues of others, for a CPU that has none. */
static struct vcpu *sched_steal(struct sched_cpu *c)
{
    CPUMASK_FOR_EACH(cpu, port_cpus_online())
    {
        struct vcpu *v = sched_steal_from(c, &sched_cpus[cpu]);

        if (v) {
            policy->adopt(c, v);
            return v;
        }
    }
    return NULL;
}

/* Does what another CPU asked for by sched_ask_help, if that is still so. */
static void sched_give_help(struct sched_cpu *c)
{
    uint32_t asked = port_read_u32(&c->help) ? port_swap_u32(&c->help, 0) : 0;
    struct vcpu *v = NULL;

    if (asked && c->load < port_read_u32(&sched_cpus[asked - 1].load)) {
        v = sched_steal_from(c, &sched_cpus[asked - 1]);
    }
    if (v) {
        policy->insert(c, v);
    }
}

/* The next vCPU for a CPU from its own queue, another's, or its idle one. */
static struct vcpu *sched_find(struct sched_cpu *c)
{
    struct vcpu *next = policy->pick(c);

    if (!next) {
        /* Pairs with the barrier in sched_tell_idle. */
        port_or_u64(&sched_idle_bits, cpumask_of(c->id).bits);
        next = sched_steal(c);
    }
    if (!next) {
        return c->idle;
    }
    if (cpumask_has(sched_idle_cpus(), c->id)) {
        port_and_u64(&sched_idle_bits, ~cpumask_of(c->id).bits);
    }
    return next;
}

/* Puts the current one away if it has to go, and finds the next. */
static struct vcpu *sched_choose(struct sched_cpu *c, struct vcpu *prev, uint64_t now)
{
    if (prev->is_idle) {
        return sched_find(c);
    }
    policy->charge(c, prev, now);
    sched_give_help(c);
    if (!sched_is_runnable(prev) || !cpumask_has(sched_allowed(prev), c->id)) {
        policy->leave(c, prev);
        return sched_find(c);
    }
    if (!prev->sched.yielded && policy->keeps(c, prev, now)) {
        return prev;
    }
    policy->requeue(c, prev);
    prev->sched.yielded = false;
    prev->sched.slice_start = now; /* a new turn, if it is chosen again */
    return sched_find(c);
}

/* Makes next the current one. The lock is held. */
static void sched_take_over(struct sched_cpu *c, struct vcpu *prev, struct vcpu *next, uint64_t now)
{
    if (prev != next) {
        sched_runstate_set(prev, sched_runstate_waiting(prev), now);
        sched_runstate_set(next, RUNSTATE_running, now);
        next->sched.slice_start = now;
        next->sched.charged_until = now;
        c->current = next;
        port_write_u8(&next->sched.running, 1);
    }
}

static void sched_set_slice(struct sched_cpu *c, struct vcpu *v, uint64_t now)
{
    uint64_t end = v->is_idle ? UINT64_MAX : policy->turn_end(c, v, now);

    if (end == UINT64_MAX) {
        if (timer_is_set(&c->slice)) {
            timer_stop(&c->slice);
        }
    } else if (!timer_is_set(&c->slice) || c->slice.node.key != end) {
        timer_set(&c->slice, end);
    }
}

void sched_run(void)
{
    struct sched_cpu *c = &sched_cpus[port_cpu_id()];
    struct vcpu *prev = port_current(), *next;
    struct lock_token held;
    uint64_t now;

    held = lock_acquire(&c->lock);
    now = port_time_now();
    next = sched_choose(c, prev, now);
    sched_take_over(c, prev, next, now);
    sched_set_slice(c, next, now);
    lock_release(held);
    if (prev != next) {
        if (!prev->is_idle) {
            timer_vcpu_leave(prev);
            sched_write_runstate(prev);
        }
        /*
         * Whoever marks an event pending for next either sees it running, or next sees the event on its way
         * out.
         */
        port_barrier();
    }
    if (!next->is_idle) {
        timer_vcpu_enter(next);
    }
    if (prev != next) {
        port_vcpu_switch(prev, next);
    }
}

/*
 * A vCPU's state is saved: others may take it from here on. If it is runnable it waits in this CPU's queue,
 * where nobody could take it yet, or must go to a CPU of its affinity. Returns the CPUs that may have been
 * waiting for it. *stopped is its domain, referenced, if a shutdown stopped it.
 */
static struct cpumask sched_saved(struct vcpu *v, bool *homeless, struct domain **stopped)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);
    struct cpumask allowed = CPUMASK_NONE;

    *homeless = false;
    *stopped = port_read_u32(&v->sched.pause_flags) & SCHED_PAUSE_SHUTDOWN ? v->domain : NULL;
    if (*stopped) {
        domain_ref(*stopped); /* there is one to share: who kills the domain waits for the next line */
    }
    port_write_u8(&v->sched.running, 0);
    if (min_heap_has(&v->sched.queue_node)) {
        allowed = sched_allowed(v);
    } else {
        *homeless = sched_is_runnable(v);
    }
    /* Whoever frees it takes the lock first, and so waits until we are through. */
    lock_release(held);
    return allowed;
}

void sched_switched(struct vcpu *from, struct vcpu *to)
{
    struct domain *stopped;
    struct cpumask allowed;
    bool homeless;

    if (!to->is_idle) {
        sched_publish_time(to);
        to->sched.runstate_stale = to->sched.runstate_area.n != 0;
        to->sched.time_stale = to->sched.time_area.n != 0;
    }
    if (from->is_idle) {
        port_write_u8(&from->sched.running, 0);
        return;
    }
    allowed = sched_saved(from, &homeless, &stopped);
    if (homeless) {
        sched_enqueue(from);
    } else if (!cpumask_empty(allowed)) {
        sched_tell_idle(allowed);
    }
    if (stopped) {
        domain_vcpu_stopped(stopped);
        domain_put(stopped);
    }
}
