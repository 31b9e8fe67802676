/* SPDX-License-Identifier: MIT */
/* The tests' machine: CPUs, locks, failures on demand. */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/heap.h"
#include "fake.h"
#include "fake_internal.h"
#include "interleave.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/lock.h"

#define HELD_MAX FAKE_HELD_MAX

_Thread_local unsigned int fake_cpu;
struct vcpu *fake_current[CPU_MAX];
struct cpumask fake_cpus_online;
bool fake_threads;

void (*fake_on_relax)(void);
void (*fake_on_fail)(void);

static struct domain idle_domain;
static struct vcpu idle[CPU_MAX];
static unsigned int kicks[CPU_MAX], reschedules[CPU_MAX];
static _Thread_local const struct spinlock *held[HELD_MAX];
static _Thread_local unsigned int held_count;
static _Thread_local unsigned int preempt_every, preempt_left, preempt_calls;

/* AddressSanitizer calls it when it has found something. */
void __asan_on_error(void);

void __asan_on_error(void)
{
    if (fake_on_fail) {
        fake_on_fail();
    }
}

static void NORETURN fail(void)
{
    if (fake_on_fail) {
        fake_on_fail();
    }
    abort();
}

void fake_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("fake machine: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    fail();
}

void port_panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("panic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    fail();
}

void fake_start(uint64_t frames, unsigned int cpus)
{
    if (fake_cpus_online.bits) {
        fake_fail("started twice in one process");
    }
    fake_cpus_online = cpumask_first_n(cpus);
    idle_domain.id = DOMID_IDLE;
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        idle[cpu].domain = &idle_domain;
        idle[cpu].is_idle = true;
        idle[cpu].id = cpu;
        idle[cpu].sched.cpu = cpu;
        fake_current[cpu] = &idle[cpu];
    }
    fake_memory_start(frames);
    fake_time_start();
}

void fake_become_cpu(unsigned int cpu)
{
    if (held_count) {
        fake_fail("CPU %u still holds a lock of level %u", fake_cpu, held[held_count - 1]->level);
    }
    fake_cpu = cpu;
}

void fake_point(void)
{
    static _Thread_local uint32_t state;

    state = state * 1664525u + 1013904223u + fake_cpu;
    if (state >> 27 == 0) {
        sched_yield();
    }
}

void fake_use_threads(bool on)
{
    fake_threads = on;
}

void fake_run(struct vcpu *v)
{
    fake_current[fake_cpu] = v ? v : &idle[fake_cpu];
    if (v) {
        v->sched.cpu = fake_cpu;
        mm_cpu_enter(v->domain, fake_cpu);
    }
    fake_tlb_switch(v ? mm_hw_root(&v->mm, v->cpu.kernel_mode) : MFN_INVALID);
}

void fake_check_locks(void)
{
    if (held_count) {
        fake_fail("a lock of level %u is held", held[held_count - 1]->level);
    }
}

void fake_check_idle(void)
{
    fake_check_locks();
    fake_check_unmapped();
}

void fake_relax(void)
{
    static bool helping; /* CPUs that nobody plays work meanwhile, with one of the others' help at a time */

    if (fake_interleaving) {
        if (fake_on_relax && !helping) {
            helping = true;
            fake_on_relax();
            helping = false;
        }
        fake_interleave_wait();
        return;
    }
    if (fake_on_relax) {
        fake_on_relax();
        return;
    }
    if (!fake_threads) {
        fake_fail("CPU %u waits, but no other CPU runs: a deadlock", fake_cpu);
    }
    sched_yield();
}

static void lock_check_order(const struct spinlock *lock, bool nested)
{
    for (unsigned int i = 0; i < held_count; i++) {
        if (held[i]->level > lock->level || (held[i]->level == lock->level && !nested)) {
            fake_fail("lock of level %u taken while one of level %u is held", lock->level, held[i]->level);
        }
    }
}

static void lock_note(const struct spinlock *lock)
{
    if (held_count == HELD_MAX) {
        fake_fail("too many locks held");
    }
    held[held_count++] = lock;
}

void fake_lock_acquire(struct spinlock *lock, bool nested)
{
    uint32_t expected = 0;

    if (lock->level == LOCK_NONE) {
        fake_fail("a lock without lock_init");
    }
    if (fake_lock_held(lock)) {
        fake_fail("a lock of level %u taken twice", lock->level);
    }
    lock_check_order(lock, nested);
    fake_step();
    while (!__atomic_compare_exchange_n(&lock->owner, &expected, fake_cpu + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
        expected = 0;
        fake_relax();
    }
    lock_note(lock);
}

bool fake_lock_try(struct spinlock *lock)
{
    uint32_t expected = 0;

    fake_step();
    if (!__atomic_compare_exchange_n(&lock->owner, &expected, fake_cpu + 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return false;
    }
    lock_note(lock);
    return true;
}

void fake_lock_release(struct spinlock *lock)
{
    for (unsigned int i = held_count; i-- > 0;) {
        if (held[i] == lock) {
            memmove(&held[i], &held[i + 1], (held_count - i - 1) * sizeof(held[0]));
            held_count--;
            __atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
            fake_step();
            return;
        }
    }
    fake_fail("a lock of level %u released that is not held", lock->level);
}

bool fake_lock_held(const struct spinlock *lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == fake_cpu + 1;
}

void port_cpu_kick(unsigned int cpu)
{
    fake_step();
    __atomic_add_fetch(&kicks[cpu], 1, __ATOMIC_RELAXED);
}

void port_cpu_reschedule(unsigned int cpu)
{
    __atomic_add_fetch(&reschedules[cpu], 1, __ATOMIC_RELAXED);
}

unsigned int fake_kicks(unsigned int cpu)
{
    return __atomic_exchange_n(&kicks[cpu], 0, __ATOMIC_RELAXED);
}

unsigned int fake_reschedules(unsigned int cpu)
{
    return __atomic_exchange_n(&reschedules[cpu], 0, __ATOMIC_RELAXED);
}

void port_cpu_call(struct cpumask mask, void (*function)(void *argument), void *argument)
{
    unsigned int here = fake_cpu;

    if (held_count) {
        fake_fail("port_cpu_call with a lock held");
    }
    CPUMASK_FOR_EACH (cpu, cpumask_and(mask, fake_cpus_online)) {
        fake_cpu = (unsigned int)cpu;
        function(argument);
    }
    fake_cpu = here;
}

/* ---- things that happen at the n-th time ---- */

/* Counts down; true when it is time. */
struct countdown {
    unsigned int left;
    bool happened;
};

static struct countdown alloc_failure, copy_failure;

static bool countdown_step(struct countdown *c)
{
    if (c->left == 0 || --c->left != 0) {
        return false;
    }
    c->happened = true;
    return true;
}

void fake_preempt_every(unsigned int n)
{
    preempt_every = preempt_left = n;
    preempt_calls = 0;
}

unsigned int fake_preempt_calls(void)
{
    return preempt_calls;
}

bool port_preempt_pending(void)
{
    if (held_count) {
        fake_fail("port_preempt_pending with a lock of level %u held", held[held_count - 1]->level);
    }
    fake_step();
    preempt_calls++;
    if (preempt_every == 0 || --preempt_left != 0) {
        return false;
    }
    preempt_left = preempt_every;
    return true;
}

void fake_thread_save(struct fake_thread *t)
{
    t->cpu = fake_cpu;
    t->held_count = held_count;
    memcpy(t->held, held, sizeof(held));
    t->preempt_every = preempt_every;
    t->preempt_left = preempt_left;
}

void fake_thread_load(const struct fake_thread *t)
{
    fake_cpu = t->cpu;
    held_count = t->held_count;
    memcpy(held, t->held, sizeof(held));
    preempt_every = t->preempt_every;
    preempt_left = t->preempt_left;
}

void fake_thread_reset(void)
{
    fake_cpu = 0;
    held_count = 0;
    preempt_every = preempt_left = preempt_calls = 0;
}

void fake_fail_alloc(unsigned int n)
{
    alloc_failure = (struct countdown){n, false};
}

bool fake_failed_alloc(void)
{
    return alloc_failure.happened;
}

void fake_fail_copy(unsigned int n)
{
    copy_failure = (struct countdown){n, false};
}

bool fake_failed_copy(void)
{
    return copy_failure.happened;
}

bool fake_copy_fails(void)
{
    return countdown_step(&copy_failure);
}

/* The linker sends core's calls here (--wrap). */
void *__wrap_heap_zalloc(size_t size);
mfn_t __real_frame_alloc_hv(unsigned int order);
mfn_t __wrap_frame_alloc_hv(unsigned int order);
mfn_t __real_frame_alloc(unsigned int order, unsigned int address_bits, struct domain *claimer, bool zeroed);
mfn_t __wrap_frame_alloc(unsigned int order, unsigned int address_bits, struct domain *claimer, bool zeroed);

void *__wrap_heap_zalloc(size_t size)
{
    return countdown_step(&alloc_failure) ? NULL : fake_heap_zalloc(size);
}

mfn_t __wrap_frame_alloc_hv(unsigned int order)
{
    return countdown_step(&alloc_failure) ? MFN_INVALID : __real_frame_alloc_hv(order);
}

mfn_t __wrap_frame_alloc(unsigned int order, unsigned int address_bits, struct domain *claimer, bool zeroed)
{
    return countdown_step(&alloc_failure) ? MFN_INVALID
                                          : __real_frame_alloc(order, address_bits, claimer, zeroed);
}
