/* SPDX-License-Identifier: MIT */
/* Timers: one heap for each CPU under its lock, no memory needed to set one. */
#include "core/timer.h"

#include "core/heap.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/errno.h"

struct timer_cpu {
    struct spinlock lock; /* LOCK_TIMER */
    struct min_heap heap;
    uint64_t running; /* atomic: the timer (its address) whose function this CPU runs, or 0 */
};

static struct timer_cpu timer_cpus[CPU_MAX];
static uint32_t timer_reserved; /* atomic */

static uint32_t timer_room_wanted(void)
{
    return port_read_u32(&timer_reserved) + TIMER_SPARE;
}

static int timer_cpu_grow(struct timer_cpu *c, uint32_t wanted)
{
    uint32_t capacity = MAX(wanted, 2 * c->heap.capacity);
    struct lock_token held;
    void *room;

    if (wanted <= c->heap.capacity) {
        return 0;
    }
    room = heap_zalloc(min_heap_size(capacity));
    if (!room) {
        return -XEN_ENOMEM;
    }
    held = lock_acquire(&c->lock);
    /* Another CPU that makes a domain may have given more meanwhile. */
    if (capacity > c->heap.capacity) {
        room = min_heap_give(&c->heap, room, capacity);
    }
    lock_release(held);
    heap_free(room);
    return 0;
}

int timer_cpu_init(unsigned int cpu)
{
    struct timer_cpu *c = &timer_cpus[cpu];

    lock_init(&c->lock, LOCK_TIMER);
    return timer_cpu_grow(c, timer_room_wanted());
}

int timer_reserve(uint32_t count)
{
    port_add_u32(&timer_reserved, count);
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        int ret = timer_cpus[cpu].heap.slots ? timer_cpu_grow(&timer_cpus[cpu], timer_room_wanted()) : 0;

        if (ret) {
            timer_unreserve(count);
            return ret;
        }
    }
    return 0;
}

void timer_unreserve(uint32_t count)
{
    port_add_u32(&timer_reserved, (uint32_t)-count);
}

void timer_init(struct timer *t, void (*function)(void *), void *argument, unsigned int cpu)
{
    *t = (struct timer){.function = function, .argument = argument, .cpu = cpu};
}

/* Asks this CPU's hardware for its first timer. The heap's lock is held. */
static void timer_arm_first(const struct timer_cpu *c)
{
    const struct min_heap_node *first = min_heap_first(&c->heap);

    port_timer_arm(first ? first->key : UINT64_MAX);
}

/* Locks the heap that a timer belongs to and takes it out if it is in. */
static struct lock_token timer_take(struct timer *t)
{
    for (;;) {
        uint32_t cpu = port_read_u32(&t->cpu);
        struct timer_cpu *c = &timer_cpus[cpu];
        struct lock_token held = lock_acquire(&c->lock);

        /* Pairs with the release in timer_take_to: until then the timer was under another heap's lock. */
        if (port_read_acquire_u32(&t->cpu) == cpu) {
            if (min_heap_has(&t->node)) {
                min_heap_remove(&c->heap, &t->node);
            }
            return held;
        }
        lock_release(held);
    }
}

/* As timer_take, and the timer belongs to the given CPU then. */
static struct lock_token timer_take_to(struct timer *t, unsigned int cpu)
{
    struct lock_token held = timer_take(t);

    while (t->cpu != cpu) {
        port_write_release_u32(&t->cpu, cpu);
        lock_release(held);
        held = timer_take(t);
    }
    return held;
}

void timer_set(struct timer *t, uint64_t deadline)
{
    unsigned int cpu = port_cpu_id();
    struct timer_cpu *c = &timer_cpus[cpu];
    struct lock_token held = timer_take_to(t, cpu);

    ASSERT(c->heap.count < c->heap.capacity);
    min_heap_insert(&c->heap, &t->node, deadline);
    if (min_heap_first(&c->heap) == &t->node) {
        port_timer_arm(deadline);
    }
    lock_release(held);
}

static bool timer_runs_elsewhere(const struct timer *t)
{
    CPUMASK_FOR_EACH(cpu, port_cpus_online())
    {
        if (cpu != port_cpu_id() && port_read_u64(&timer_cpus[cpu].running) == (uint64_t)(uintptr_t)t) {
            return true;
        }
    }
    return false;
}

void timer_stop(struct timer *t)
{
    struct lock_token held = timer_take(t);

    lock_release(held);
    while (timer_runs_elsewhere(t)) {
        port_cpu_relax();
    }
    /* The function may have set it again meanwhile. */
    if (timer_is_set(t)) {
        lock_release(timer_take(t));
    }
}

/* Takes the first timer out if it is due, and notes that it runs. */
static struct timer *timer_take_due(struct timer_cpu *c, uint64_t now)
{
    struct min_heap_node *first = min_heap_first(&c->heap);
    struct timer *t;

    if (!first || first->key > now) {
        return NULL;
    }
    t = CONTAINER_OF(first, struct timer, node);
    min_heap_remove(&c->heap, first);
    port_write_u64(&c->running, (uint64_t)(uintptr_t)t);
    return t;
}

void timer_interrupt(void)
{
    struct timer_cpu *c = &timer_cpus[port_cpu_id()];
    struct lock_token held = lock_acquire(&c->lock);
    uint64_t now = port_time_now();
    struct timer *t;

    while ((t = timer_take_due(c, now)) != NULL) {
        void (*function)(void *) = t->function;
        void *argument = t->argument;

        lock_release(held);
        function(argument);
        held = lock_acquire(&c->lock);
        port_write_u64(&c->running, 0);
    }
    timer_arm_first(c);
    lock_release(held);
}
