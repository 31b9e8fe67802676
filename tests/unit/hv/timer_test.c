/* SPDX-License-Identifier: MIT */
/* Timers: order, moving, stopping, memory; those that a vCPU has; set_timer_op. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/stretch.h"
#include "core/timer.h"
#include "core/tsc_warp.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "port/cpu.h"
#include "port/time.h"

#define MS TIMER_NS_PER_MS
#define MANY 500u

static struct domain *alice;
static uint64_t fired_at[MANY];
static unsigned int fired_on[MANY], fired_count;
static struct timer timers[MANY];

static void fired(void *argument)
{
    size_t index = (size_t)((struct timer *)argument - timers);

    fired_at[index] = port_time_now();
    fired_on[index] = port_cpu_id();
    fired_count++;
}

static void setup(void)
{
    bench_start(2, "fair");
    alice = bench_domain(1, 2);
    ck_assert_int_eq(timer_reserve(MANY), 0);
    fired_count = 0;
    for (unsigned int i = 0; i < MANY; i++) {
        timer_init(&timers[i], fired, &timers[i], 0);
        fired_at[i] = 0;
    }
}

static void teardown(void)
{
    for (unsigned int i = 0; i < MANY; i++) {
        timer_stop(&timers[i]);
    }
    timer_unreserve(MANY);
    bench_end();
}

START_TEST(they_fire_in_time_and_once)
{
    uint64_t start = port_time_now();

    srand(7);
    for (unsigned int i = 0; i < MANY; i++) {
        timer_set(&timers[i], start + 1 + (uint64_t)rand() % (90 * MS));
    }
    for (unsigned int i = 0; i < MANY; i += 3) {
        timer_set(&timers[i], start + 1 + (uint64_t)rand() % (90 * MS)); /* moved */
    }
    for (unsigned int i = 1; i < MANY; i += 3) {
        timer_stop(&timers[i]);
    }
    bench_run(100 * MS);
    for (unsigned int i = 0; i < MANY; i++) {
        ck_assert_uint_eq(fired_at[i], i % 3 == 1 ? 0 : timers[i].node.key);
        ck_assert(!timer_is_set(&timers[i]));
    }
    ck_assert_uint_eq(fired_count, MANY - (MANY + 1) / 3);
}
END_TEST

START_TEST(a_past_deadline_fires_at_once)
{
    timer_set(&timers[0], 1);
    bench_settle();
    ck_assert_uint_eq(fired_at[0], port_time_now());
}
END_TEST

START_TEST(it_belongs_to_the_cpu_that_sets_it)
{
    fake_become_cpu(1);
    timer_set(&timers[0], port_time_now() + MS);
    fake_become_cpu(0);
    timer_set(&timers[1], port_time_now() + MS);
    bench_run(2 * MS);
    ck_assert_uint_eq(fired_count, 2);
    ck_assert_uint_eq(fired_on[0], 1);
    ck_assert_uint_eq(fired_on[1], 0);
}
END_TEST

static void fires_again(void *argument)
{
    struct timer *t = argument;

    if (++fired_count < 5) {
        timer_set(t, port_time_now() + MS);
    }
    if (fired_count == 3) {
        timer_stop(t); /* of itself: it does not wait for itself */
    }
}

START_TEST(a_function_may_set_and_stop_its_own)
{
    timer_init(&timers[0], fires_again, &timers[0], 0);
    timer_set(&timers[0], port_time_now() + MS);
    bench_run(20 * MS);
    ck_assert_uint_eq(fired_count, 3);
}
END_TEST

START_TEST(no_memory_is_said_in_advance)
{
    fake_fail_alloc(1);
    ck_assert_int_eq(timer_reserve(100000), -XEN_ENOMEM);
    ck_assert_int_eq(timer_reserve(100000), 0);
    timer_unreserve(100000);
}
END_TEST

static uint32_t ticks(struct vcpu *v, evtchn_port_t port)
{
    uint64_t bit = 1ull << port;

    (void)v;
    if (alice->shared_info->evtchn_pending[0] & bit) {
        alice->shared_info->evtchn_pending[0] &= ~bit;
        return 1;
    }
    return 0;
}

START_TEST(a_new_vcpu_ticks_while_it_runs)
{
    struct vcpu *v = alice->vcpus[0];
    unsigned int count = 0;
    evtchn_port_t port;

    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 0, &port), 0);
    bench_run(100 * MS);
    ck_assert_uint_eq(ticks(v, port), 0); /* it is down */
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
    for (unsigned int i = 0; i < 100; i++) {
        bench_run(1 * MS);
        count += ticks(v, port);
    }
    ck_assert_uint_ge(count, 10);
    ck_assert_uint_le(count, 11);
    timer_vcpu_periodic(v, 0);
    bench_run(100 * MS);
    ck_assert_uint_eq(ticks(v, port), 0);
    timer_vcpu_periodic(v, 2 * MS);
    for (unsigned int i = count = 0; i < 100; i++) {
        bench_run(1 * MS);
        count += ticks(v, port);
    }
    ck_assert_uint_ge(count, 49);
    ck_assert_uint_le(count, 51);
    sched_pause_set(v, SCHED_PAUSE_DOWN);
    bench_run(1 * MS);
    ticks(v, port);
    bench_run(100 * MS);
    ck_assert_uint_eq(ticks(v, port), 0);
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_uint_eq(ticks(v, port), 1); /* what it missed, once */
}
END_TEST

static int64_t vcpu_op(unsigned int command, uint64_t vcpu, const void *argument)
{
    return bench_hypercall(hypercall_vcpu_op, command, (void *)(uintptr_t)vcpu, (uintptr_t)argument);
}

START_TEST(single_shot_wakes)
{
    struct vcpu *v = alice->vcpus[0];
    struct vcpu_set_singleshot_timer s = {.timeout_abs_ns = port_time_now() + 5 * MS};
    evtchn_port_t port;

    bench_quiet(alice);
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 0, &port), 0);
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_int_eq(vcpu_op(VCPUOP_set_singleshot_timer, 1, &s), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, NULL), -XEN_EFAULT);
    ck_assert_int_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
    sched_block_current();
    bench_run(4 * MS);
    ck_assert(port_current()->is_idle);
    bench_run(1 * MS);
    ck_assert_ptr_eq(port_current(), v);
    ck_assert_uint_eq(ticks(v, port), 1);
    s = (struct vcpu_set_singleshot_timer){.timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future};
    ck_assert_int_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0); /* the past fires at once */
    bench_settle();
    ck_assert_uint_eq(ticks(v, port), 1);
    s.timeout_abs_ns = port_time_now() + MS;
    ck_assert_int_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    bench_run(10 * MS);
    ck_assert_uint_eq(ticks(v, port), 0);
}
END_TEST

START_TEST(periodic_has_limits)
{
    struct vcpu_set_periodic_timer p = {.period_ns = MS - 1};

    bench_become(alice->vcpus[0]);
    ck_assert_int_eq(vcpu_op(VCPUOP_set_periodic_timer, 1, &p), -XEN_EINVAL);
    p.period_ns = (UINT64_MAX >> 2) + 1;
    ck_assert_int_eq(vcpu_op(VCPUOP_set_periodic_timer, 1, &p), -XEN_EINVAL);
    p.period_ns = MS;
    ck_assert_int_eq(vcpu_op(VCPUOP_set_periodic_timer, 1, &p), 0);
    ck_assert_uint_eq(alice->vcpus[1]->timers.period, MS);
    ck_assert_int_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, NULL), -XEN_EFAULT);
    ck_assert_int_eq(vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL), 0);
    ck_assert_uint_eq(alice->vcpus[1]->timers.period, 0);
}
END_TEST

START_TEST(set_timer_op_sets_the_same_timer)
{
    struct vcpu *v = alice->vcpus[0];

    bench_become(v);
    ck_assert_int_eq(bench_hypercall(hypercall_set_timer_op, port_time_now() + 3 * MS, NULL, 0), 0);
    ck_assert_uint_eq(v->timers.single_shot.node.key, port_time_now() + 3 * MS);
    ck_assert_int_eq(bench_hypercall(hypercall_set_timer_op, 0, NULL, 0), 0);
    ck_assert(!timer_is_set(&v->timers.single_shot));
    ck_assert_int_eq(bench_hypercall(hypercall_set_timer_op, UINT64_MAX, NULL, 0), 0);
    ck_assert_uint_eq(v->timers.single_shot.node.key, port_time_now() + 100 * MS);
    ck_assert_int_eq(bench_hypercall(hypercall_set_timer_op, port_time_now() + (1ull << 50), NULL, 0), 0);
    ck_assert_uint_eq(v->timers.single_shot.node.key, port_time_now() + 100 * MS);
    ck_assert_int_eq(bench_hypercall(hypercall_set_timer_op, 1, NULL, 0), 0);
    ck_assert_uint_eq(v->timers.single_shot.node.key, 1);
}
END_TEST

/* The longest stretch of a hypercall is from one look for other work to the next. */
START_TEST(stretches_are_counted)
{
    stretch_begin(__HYPERVISOR_sched_op);
    fake_advance(5);
    stretch_stop();
    fake_advance(1000); /* what came in meanwhile */
    stretch_go_on();
    fake_advance(7);
    stretch_end();
    ck_assert_uint_eq(stretch_longest(__HYPERVISOR_sched_op), 7);
    fake_advance(1000);
    stretch_stop(); /* between hypercalls */
    stretch_begin(~0ull);
    fake_advance(3);
    stretch_end();
    ck_assert_uint_eq(stretch_longest(__HYPERVISOR_sched_op), 7);
    ck_assert_uint_eq(stretch_longest(63), 3);
    ck_assert_uint_eq(stretch_longest(__HYPERVISOR_domctl), 0);
    stretch_counted = true;
    stretch_print();
    ck_assert_ptr_nonnull(strstr(bench_log, "unknown ones: 3 ns"));
}
END_TEST

/* Two CPUs read their counters in turns; the first one's runs ahead by 300 ticks at most. */
START_TEST(warped_counters_are_seen)
{
    struct tsc_warp w;

    tsc_warp_init(&w);
    for (unsigned int i = 0; i < 10; i++) {
        fake_become_cpu(i % 2);
        fake_advance(50);
        tsc_warp_look(&w);
        tsc_warp_look(&w);
    }
    ck_assert_uint_eq(w.most, 0);
    ck_assert_uint_eq(w.turns, 9);
    fake_become_cpu(0);
    fake_advance(400);
    tsc_warp_look(&w);
    fake_become_cpu(1);
    fake_set_time(port_time_now() - 300);
    tsc_warp_look(&w);
    ck_assert_uint_eq(w.most, 300);
    fake_set_time(port_time_now() - 20);
    tsc_warp_look(&w);
    ck_assert_uint_eq(w.most, 300);
    fake_become_cpu(0);
}
END_TEST

TCase *timer_tests(void)
{
    TCase *t = tcase_create("timers");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, they_fire_in_time_and_once);
    tcase_add_test(t, a_past_deadline_fires_at_once);
    tcase_add_test(t, it_belongs_to_the_cpu_that_sets_it);
    tcase_add_test(t, a_function_may_set_and_stop_its_own);
    tcase_add_test(t, no_memory_is_said_in_advance);
    tcase_add_test(t, a_new_vcpu_ticks_while_it_runs);
    tcase_add_test(t, single_shot_wakes);
    tcase_add_test(t, periodic_has_limits);
    tcase_add_test(t, set_timer_op_sets_the_same_timer);
    tcase_add_test(t, stretches_are_counted);
    tcase_add_test(t, warped_counters_are_seen);
    return t;
}
