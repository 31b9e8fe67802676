/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's policies in simulated time: shares, caps, latency, balance between CPUs, and CPUs of one's
 * own.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/evtchn_port.h"
#include "core/sched_policy.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/sched.h"

#define MS TIMER_NS_PER_MS

static struct domain *dom0, *alice, *bob;

static void setup_cpus(unsigned int cpus, const char *policy)
{
    bench_start(cpus, policy);
    dom0 = bench_domain(0, 1);
    alice = bench_domain(1, 2);
    bob = bench_domain(2, 2);
    bench_quiet(dom0);
    bench_quiet(alice);
    bench_quiet(bob);
}

static void setup_one(void)
{
    setup_cpus(1, "fair");
}

static void setup_two(void)
{
    setup_cpus(2, "credit2");
}

static void setup_null(void)
{
    setup_cpus(2, "null");
}

static void teardown(void)
{
    bench_end();
}

static int64_t sched_op(unsigned int command, const void *argument)
{
    return bench_hypercall(hypercall_sched_op, command, argument, 0);
}

static uint64_t ran(struct vcpu *v)
{
    struct vcpu_runstate_info info;

    sched_runstate_get(v, &info);
    return info.time[RUNSTATE_running];
}

static int state(struct vcpu *v)
{
    struct vcpu_runstate_info info;

    sched_runstate_get(v, &info);
    return info.state;
}

/* Makes v the only one that runs on this CPU. */
static struct vcpu *run_alone(struct domain *d, uint32_t id)
{
    sched_pause_clear(d->vcpus[id], SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_ptr_eq(port_current(), d->vcpus[id]);
    return d->vcpus[id];
}

START_TEST(equal_weights_share_equally)
{
    bench_domain_up(alice);
    bench_domain_up(bob);
    bench_run(4000 * MS);
    for (unsigned int i = 0; i < 2; i++) {
        ck_assert_int_le(llabs((long long)ran(alice->vcpus[i]) - (long long)(1000 * MS)), 25 * (long long)MS);
        ck_assert_int_le(llabs((long long)ran(bob->vcpus[i]) - (long long)(1000 * MS)), 25 * (long long)MS);
    }
}
END_TEST

START_TEST(weights_are_kept)
{
    uint64_t a, b;

    ck_assert_int_eq(sched_domain_set_share(bob, 768, 0), 0);
    ck_assert_int_eq(sched_domain_set_share(bob, 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(sched_domain_set_share(bob, 65536, 0), -XEN_EINVAL);
    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    sched_pause_clear(bob->vcpus[0], SCHED_PAUSE_DOWN);
    bench_run(4000 * MS);
    a = ran(alice->vcpus[0]), b = ran(bob->vcpus[0]);
    ck_assert_uint_gt(b * 100, a * 285);
    ck_assert_uint_lt(b * 100, a * 315);
}
END_TEST

START_TEST(a_cap_holds_even_alone)
{
    ck_assert_int_eq(sched_domain_set_share(alice, 256, 30), 0);
    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    bench_run(4000 * MS);
    ck_assert_uint_gt(ran(alice->vcpus[0]), 1140 * MS);
    ck_assert_uint_lt(ran(alice->vcpus[0]), 1260 * MS);
    ck_assert_int_eq(sched_domain_set_share(alice, 256, 0), 0);
    bench_run(100 * MS);
    ck_assert_uint_gt(ran(alice->vcpus[0]), 1200 * MS);
}
END_TEST

START_TEST(a_late_comer_gets_no_more_than_its_share)
{
    uint64_t before;

    run_alone(alice, 0);
    bench_run(3000 * MS);
    before = ran(alice->vcpus[0]);
    sched_pause_clear(bob->vcpus[0], SCHED_PAUSE_DOWN);
    bench_run(100 * MS);
    ck_assert_uint_gt(ran(bob->vcpus[0]), 40 * MS);
    ck_assert_uint_gt(ran(alice->vcpus[0]) - before, 40 * MS);
}
END_TEST

/* CPUs' clocks differ by a little: one that lags must not charge ages. */
START_TEST(a_clock_that_lags_charges_nothing)
{
    uint64_t alice_ran, bob_ran;

    run_alone(alice, 0);
    bench_run(10 * MS);
    fake_set_time(alice->vcpus[0]->sched.charged_until - 1000);
    bench_domain_up(bob);
    bench_run(200 * MS);
    alice_ran = ran(alice->vcpus[0]);
    bob_ran = ran(bob->vcpus[0]) + ran(bob->vcpus[1]);
    ck_assert_uint_lt(alice_ran, 120 * MS);
    ck_assert_uint_gt(alice_ran, 65 * MS);
    ck_assert_uint_lt(bob_ran, 201 * MS);
}
END_TEST

START_TEST(a_sleeper_runs_soon)
{
    struct vcpu *v = alice->vcpus[0];
    evtchn_port_t port;

    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &port), 0);
    run_alone(alice, 0);
    sched_block_current();
    bench_domain_up(bob);
    bench_run(200 * MS);
    ck_assert_int_eq(state(v), RUNSTATE_blocked);
    bench_run(3 * MS);
    ck_assert_int_eq(evtchn_send(alice, port), 0);
    bench_run(1 * MS + 1);
    ck_assert_ptr_eq(port_current(), v);
    /* It does not get all the time that it slept: bob goes on soon. */
    bench_run(40 * MS);
    ck_assert_uint_lt(ran(v), 25 * MS);
}
END_TEST

START_TEST(yield_lets_another_run)
{
    run_alone(alice, 0);
    sched_pause_clear(bob->vcpus[0], SCHED_PAUSE_DOWN);
    bench_run(3 * MS);
    while (port_current() != alice->vcpus[0]) {
        bench_run(1 * MS);
    }
    ck_assert_int_eq(sched_op(SCHEDOP_yield, NULL), 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), bob->vcpus[0]);
    ck_assert_int_eq(state(alice->vcpus[0]), RUNSTATE_runnable);
}
END_TEST

START_TEST(two_cpus_are_both_used)
{
    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    bench_settle();
    sched_pause_clear(alice->vcpus[1], SCHED_PAUSE_DOWN);
    bench_run(500 * MS);
    ck_assert_uint_ge(ran(alice->vcpus[0]), 500 * MS);
    ck_assert_uint_ge(ran(alice->vcpus[1]), 500 * MS);
}
END_TEST

/* Woken at once while both CPUs idle, two that ran last on one CPU do not wait for each other. */
START_TEST(two_woken_at_once_both_run)
{
    struct vcpu *a = alice->vcpus[0], *b = bob->vcpus[0];

    port_write_u32(&a->sched.cpu, 1);
    port_write_u32(&b->sched.cpu, 1);
    sched_pause_clear(a, SCHED_PAUSE_DOWN);
    sched_pause_clear(b, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_uint_eq(a->sched.runstate.state, RUNSTATE_running);
    ck_assert_uint_eq(b->sched.runstate.state, RUNSTATE_running);
}
END_TEST

/* ... nor when both had to be put into one queue: the other CPU comes and takes one. */
START_TEST(one_queue_is_emptied_by_both)
{
    struct vcpu *a = alice->vcpus[0], *b = bob->vcpus[0];

    ck_assert_int_eq(sched_set_affinity(a, cpumask_of(1), cpumask_of(1)), 0);
    ck_assert_int_eq(sched_set_affinity(b, cpumask_first_n(2), cpumask_of(1)), 0);
    sched_pause_clear(a, SCHED_PAUSE_DOWN);
    sched_pause_clear(b, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_uint_eq(a->sched.runstate.state, RUNSTATE_running);
    ck_assert_uint_eq(b->sched.runstate.state, RUNSTATE_running);
}
END_TEST

START_TEST(three_on_two_cpus_are_balanced)
{
    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    bench_domain_up(bob);
    bench_run(500 * MS);
    /* When one leaves, nobody waits while a CPU idles. */
    sched_pause_set(fake_current[1], SCHED_PAUSE_DOWN);
    bench_run(100 * MS);
    ck_assert(!fake_current[0]->is_idle);
    ck_assert(!fake_current[1]->is_idle);
}
END_TEST

START_TEST(three_share_two_cpus)
{
    uint64_t total = 0;

    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    bench_domain_up(bob);
    bench_run(3000 * MS);
    for (unsigned int i = 0; i < 3; i++) {
        uint64_t got = ran(i ? bob->vcpus[i - 1] : alice->vcpus[0]);

        total += got;
        ck_assert_uint_gt(got, 1850 * MS);
        ck_assert_uint_lt(got, 2150 * MS);
    }
    ck_assert_uint_ge(total, 5990 * MS); /* no CPU idled */
}
END_TEST

START_TEST(affinity_is_kept)
{
    struct vcpu *v = alice->vcpus[0];

    ck_assert_int_eq(sched_set_affinity(v, CPUMASK_NONE, CPUMASK_NONE), -XEN_EINVAL);
    ck_assert_int_eq(sched_set_affinity(v, cpumask_of(5), CPUMASK_NONE), -XEN_EINVAL);
    ck_assert_int_eq(sched_set_affinity(v, cpumask_of(1), cpumask_of(1)), 0);
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_ptr_eq(fake_current[1], v);
    ck_assert_int_eq(sched_set_affinity(v, cpumask_of(0), cpumask_of(0)), 0); /* while it runs */
    bench_settle();
    ck_assert_ptr_eq(fake_current[0], v);
    ck_assert_uint_eq(v->sched.cpu, 0);
    bench_domain_up(bob);
    sched_pause_clear(alice->vcpus[1], SCHED_PAUSE_DOWN);
    for (unsigned int i = 0; i < 100; i++) {
        bench_run(7 * MS);
        ck_assert_ptr_ne(fake_current[1], v);
    }
    ck_assert_uint_gt(ran(v), 100 * MS);
}
END_TEST

START_TEST(null_gives_each_its_own)
{
    ck_assert_str_eq(sched_policy_name(), "null");
    bench_domain_up(alice);
    sched_pause_clear(bob->vcpus[0], SCHED_PAUSE_DOWN);
    bench_run(100 * MS);
    ck_assert_uint_ge(ran(alice->vcpus[0]), 100 * MS);
    ck_assert_uint_ge(ran(alice->vcpus[1]), 100 * MS);
    ck_assert_uint_eq(ran(bob->vcpus[0]), 0); /* no CPU is left */
    ck_assert_int_eq(state(bob->vcpus[0]), RUNSTATE_runnable);
    sched_pause_set(alice->vcpus[1], SCHED_PAUSE_DOWN);
    bench_run(100 * MS);
    ck_assert_uint_ge(ran(bob->vcpus[0]), 99 * MS);
    /* A block does not give the CPU away. */
    sched_pause_set(alice->vcpus[0], SCHED_PAUSE_BLOCKED);
    sched_pause_clear(alice->vcpus[1], SCHED_PAUSE_DOWN);
    bench_run(100 * MS);
    ck_assert_uint_lt(ran(alice->vcpus[1]), 101 * MS);
    sched_wake(alice->vcpus[0]);
    bench_run(50 * MS);
    ck_assert_uint_ge(ran(alice->vcpus[0]), 249 * MS);
}
END_TEST

TCase *sched_fair_tests(void)
{
    TCase *t = tcase_create("fair");

    tcase_add_checked_fixture(t, setup_one, teardown);
    tcase_add_test(t, equal_weights_share_equally);
    tcase_add_test(t, weights_are_kept);
    tcase_add_test(t, a_cap_holds_even_alone);
    tcase_add_test(t, a_late_comer_gets_no_more_than_its_share);
    tcase_add_test(t, a_clock_that_lags_charges_nothing);
    tcase_add_test(t, a_sleeper_runs_soon);
    tcase_add_test(t, yield_lets_another_run);
    return t;
}

TCase *sched_two_cpu_tests(void)
{
    TCase *t = tcase_create("two CPUs");

    tcase_add_checked_fixture(t, setup_two, teardown);
    tcase_add_test(t, two_cpus_are_both_used);
    tcase_add_test(t, two_woken_at_once_both_run);
    tcase_add_test(t, one_queue_is_emptied_by_both);
    tcase_add_test(t, three_on_two_cpus_are_balanced);
    tcase_add_test(t, three_share_two_cpus);
    tcase_add_test(t, affinity_is_kept);
    return t;
}

TCase *sched_null_tests(void)
{
    TCase *t = tcase_create("null");

    tcase_add_checked_fixture(t, setup_null, teardown);
    tcase_add_test(t, null_gives_each_its_own);
    return t;
}
