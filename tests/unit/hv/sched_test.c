/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: states and waking, polling, runstates and their areas, the hypercalls sched_op and vcpu_op;
 * fairness in simulated time.
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

static void teardown(void)
{
    bench_end();
}

static int64_t sched_op(unsigned int command, const void *argument)
{
    return bench_hypercall(hypercall_sched_op, command, argument, 0);
}

static int64_t vcpu_op(unsigned int command, uint64_t vcpu, const void *argument)
{
    return bench_hypercall(hypercall_vcpu_op, command, (void *)(uintptr_t)vcpu, (uintptr_t)argument);
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

START_TEST(an_idle_cpu_runs_what_wakes)
{
    struct vcpu *v = alice->vcpus[0];

    bench_settle();
    ck_assert(port_current()->is_idle);
    ck_assert_int_eq(state(v), RUNSTATE_offline);
    run_alone(alice, 0);
    ck_assert_int_eq(state(v), RUNSTATE_running);
    ck_assert_uint_eq(v->sched.running, 1);
    sched_pause_set(v, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert(port_current()->is_idle);
    ck_assert_uint_eq(v->sched.running, 0);
    ck_assert_int_eq(state(v), RUNSTATE_offline);
}
END_TEST

START_TEST(block_sleeps_until_an_event)
{
    struct vcpu *v = run_alone(alice, 0);
    evtchn_port_t port;

    v->evtchn.info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(sched_op(SCHEDOP_block, NULL), 0);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_mask, 0);
    bench_run(5 * MS);
    ck_assert(port_current()->is_idle);
    ck_assert_int_eq(state(v), RUNSTATE_blocked);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &port), 0);
    ck_assert_int_eq(evtchn_send(alice, port), 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
    /* The event is still there: no sleep. */
    ck_assert_int_eq(sched_op(SCHEDOP_block, NULL), 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
}
END_TEST

START_TEST(reasons_to_stop_add_up)
{
    struct vcpu *v = run_alone(alice, 0);

    sched_block_current();
    bench_settle();
    sched_pause_set(v, SCHED_PAUSE_DOWN);
    sched_wake(v);
    bench_settle();
    ck_assert(port_current()->is_idle);
    ck_assert_int_eq(state(v), RUNSTATE_offline);
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
}
END_TEST

START_TEST(a_wake_before_the_switch_cancels_it)
{
    struct vcpu *v = run_alone(alice, 0);

    sched_block_current();
    sched_wake(v);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
    ck_assert_int_eq(state(v), RUNSTATE_running);
}
END_TEST

START_TEST(poll_waits_for_its_port)
{
    struct vcpu *v = run_alone(alice, 0);
    evtchn_port_t ports[2], late;
    struct sched_poll p = {.nr_ports = 2};

    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &ports[0]), 0);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &ports[1]), 0);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &late), 0);
    alice->shared_info->evtchn_mask[0] = ~0ul;
    v->evtchn.info->evtchn_upcall_mask = 1;
    p.ports.p = ports;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), 0);
    bench_settle();
    ck_assert(port_current()->is_idle);
    ck_assert_uint_eq(alice->evtchn.pollers, 1);
    ck_assert_int_eq(evtchn_send(alice, ports[1]), 0); /* masked, but polled for */
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
    ck_assert_uint_eq(alice->evtchn.pollers, 0);
    /* Pending now: the next poll does not sleep. */
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
    /* Of one port alone: others do not wake it. */
    p.nr_ports = 1;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), 0);
    bench_settle();
    ck_assert_int_eq(evtchn_send(alice, late), 0);
    bench_settle();
    ck_assert(port_current()->is_idle);
    ck_assert_int_eq(evtchn_send(alice, ports[0]), 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), v);
}
END_TEST

START_TEST(poll_ends_in_time)
{
    struct vcpu *v = run_alone(alice, 0);
    evtchn_port_t port;
    struct sched_poll p = {.nr_ports = 1, .timeout = port_time_now() + 3 * MS};

    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &port), 0);
    v->evtchn.info->evtchn_upcall_mask = 1;
    p.ports.p = &port;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), 0);
    bench_run(2 * MS);
    ck_assert(port_current()->is_idle);
    bench_run(2 * MS);
    ck_assert_ptr_eq(port_current(), v);
    ck_assert_uint_eq(v->evtchn.poll, EVTCHN_POLL_NONE);
}
END_TEST

START_TEST(poll_checks_its_arguments)
{
    evtchn_port_t ports[200] = {500};
    struct sched_poll p = {.nr_ports = 129};

    run_alone(alice, 0);
    p.ports.p = ports;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), -XEN_EINVAL);
    p.nr_ports = 1;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), -XEN_EINVAL);
    p.ports.p = NULL;
    ck_assert_int_eq(sched_op(SCHEDOP_poll, &p), -XEN_EFAULT);
    ck_assert_uint_eq(alice->evtchn.pollers, 0);
    bench_settle();
    ck_assert_ptr_eq(port_current(), alice->vcpus[0]);
}
END_TEST

START_TEST(watchdogs)
{
    struct sched_watchdog w = {.id = 0, .timeout = 2};

    run_alone(alice, 0);
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), 1);
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), 2);
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), -XEN_ENOSPC);
    w.timeout = 0;
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
    w.id = 3;
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
    w.id = 2;
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), 0);
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
    w = (struct sched_watchdog){.id = 1, .timeout = 2};
    bench_run(1500 * MS);
    ck_assert_int_eq(sched_op(SCHEDOP_watchdog, &w), 0);
    bench_run(1500 * MS);
    ck_assert_ptr_null(bench_shutdown_domain);
    bench_run(600 * MS);
    ck_assert_ptr_eq(bench_shutdown_domain, alice);
    ck_assert_uint_eq(bench_shutdown_reason, SHUTDOWN_watchdog);
}
END_TEST

START_TEST(shutdown_and_the_rest)
{
    struct sched_shutdown s = {.reason = SHUTDOWN_reboot};
    struct sched_remote_shutdown r = {.domain_id = 2, .reason = SHUTDOWN_crash};
    struct sched_pin_override p = {.pcpu = 0};

    run_alone(alice, 0);
    ck_assert_int_eq(sched_op(SCHEDOP_remote_shutdown, &r), -XEN_EPERM);
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), -XEN_EPERM);
    ck_assert_int_eq(sched_op(8, &s), -XEN_ENOSYS);
    ck_assert_int_eq(sched_op(SCHEDOP_shutdown, NULL), -XEN_EFAULT);
    ck_assert_ptr_null(bench_shutdown_domain);
    ck_assert_int_eq(sched_op(SCHEDOP_shutdown, &s), 0);
    ck_assert_uint_eq(bench_shutdown_reason, SHUTDOWN_reboot);
    bench_become(dom0->vcpus[0]);
    ck_assert_int_eq(sched_op(SCHEDOP_remote_shutdown, &r), 0);
    ck_assert_ptr_eq(bench_shutdown_domain, bob);
    r.domain_id = 30;
    ck_assert_int_eq(sched_op(SCHEDOP_remote_shutdown, &r), -XEN_ESRCH);
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), 0);
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), -XEN_EBUSY);
    p.pcpu = -1;
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), 0);
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), -XEN_EINVAL);
    p.pcpu = 1000;
    ck_assert_int_eq(sched_op(SCHEDOP_pin_override, &p), -XEN_EINVAL);
}
END_TEST

START_TEST(vcpu_up_and_down)
{
    run_alone(alice, 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 2, NULL), -XEN_ENOENT);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 1ull << 32, NULL), 1); /* it has 32 bits */
    alice->vcpus[1]->initialised = false;
    ck_assert_int_eq(vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
    alice->vcpus[1]->initialised = true;
    ck_assert_int_eq(vcpu_op(VCPUOP_up, 1, NULL), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_up, 1, NULL), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    ck_assert_int_eq(vcpu_op(VCPUOP_down, 1, NULL), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    ck_assert_ptr_null(bench_shutdown_domain);
    ck_assert_int_eq(vcpu_op(VCPUOP_down, 0, NULL), 0); /* the last one */
    ck_assert_ptr_eq(bench_shutdown_domain, alice);
    ck_assert_uint_eq(bench_shutdown_reason, SHUTDOWN_poweroff);
    ck_assert_int_eq(vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    ck_assert_int_eq(vcpu_op(VCPUOP_get_physid, 0, NULL), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_op(VCPUOP_send_nmi, 1, alice), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
    ck_assert(alice->vcpus[1]->cpu.nmi_pending);
}
END_TEST

START_TEST(initialise_once)
{
    struct vcpu_guest_context context = {.user_regs.rip = 1, .flags = VGCF_in_kernel};
    struct domain *big = bench_domain(9, 33);

    run_alone(alice, 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EEXIST);
    alice->vcpus[1]->initialised = false;
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 1, NULL), -XEN_EFAULT);
    context.user_regs.rip = 0;
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
    alice->vcpus[1]->initialised = false;
    context.user_regs.rip = 1;
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 1, &context), 0);
    ck_assert_int_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 0); /* stays down */
    fake_fail_alloc(1);
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 1, &context), -XEN_ENOMEM);
    bench_become(big->vcpus[0]);
    ck_assert_int_eq(vcpu_op(VCPUOP_initialise, 32, &context), -XEN_EINVAL); /* no vcpu_info */
}
END_TEST

START_TEST(runstate_times_add_up)
{
    struct vcpu *v = run_alone(alice, 0);
    struct vcpu_runstate_info a, b;

    sched_runstate_get(v, &a);
    bench_run(3 * MS);
    sched_block_current();
    bench_run(4 * MS);
    sched_wake(v);
    bench_run(5 * MS);
    ck_assert_int_eq(vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);
    ck_assert_uint_eq(b.time[RUNSTATE_running] - a.time[RUNSTATE_running], 8 * MS);
    ck_assert_uint_eq(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked], 4 * MS);
    ck_assert_uint_eq(b.time[RUNSTATE_runnable], a.time[RUNSTATE_runnable]);
    ck_assert_int_eq(vcpu_op(VCPUOP_get_runstate_info, 0, NULL), -XEN_EFAULT);
}
END_TEST

START_TEST(runstate_area_follows)
{
    struct vcpu_runstate_info area = {.state = -1};
    struct vcpu_register_runstate_memory_area r = {.addr.v = &area};
    struct vcpu *v = run_alone(alice, 0);

    ck_assert_int_eq(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
    ck_assert_int_eq(area.state, RUNSTATE_running);
    sched_block_current();
    bench_run(1 * MS);
    ck_assert_int_eq(area.state, RUNSTATE_blocked); /* written while its tables were loaded */
    sched_wake(v);
    bench_settle();
    ck_assert(v->sched.runstate_stale);
    v->cpu.kernel_mode = false;
    sched_update_areas(v);
    ck_assert_int_eq(area.state, RUNSTATE_blocked);
    v->cpu.kernel_mode = true;
    sched_update_areas(v);
    ck_assert_int_eq(area.state, RUNSTATE_running);
    ck_assert_uint_eq(area.time[RUNSTATE_blocked], 1 * MS);
    ck_assert_uint_eq(area.state_entry_time, v->sched.runstate.state_entry_time);
    alice->vm_assist = 1u << VMASST_TYPE_runstate_update_flag;
    area.state_entry_time = 0;
    ck_assert_int_eq(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
    ck_assert_uint_eq(area.state_entry_time, v->sched.runstate.state_entry_time);
    r.addr.p = 0xffff820000000000ull;
    ck_assert_int_eq(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), -XEN_EFAULT);
    r.addr.p = 0;
    ck_assert_int_eq(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
    ck_assert_uint_eq(v->sched.runstate_area.n, 0);
}
END_TEST

START_TEST(clock_is_published)
{
    struct vcpu_time_info area = {0};
    struct vcpu_register_time_memory_area r = {.addr.v = &area};
    struct vcpu *v = run_alone(alice, 0);
    const struct vcpu_time_info *t = &v->evtchn.info->time;
    uint32_t version = t->version;

    ck_assert_uint_eq(version % 2, 0);
    ck_assert_uint_ne(version, 0);
    ck_assert_uint_eq(t->flags, XEN_PVCLOCK_TSC_STABLE_BIT);
    ck_assert_uint_ne(t->tsc_to_system_mul, 0);
    sched_publish_time(v);
    ck_assert_uint_eq(t->version, version + 2);
    ck_assert_int_eq(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &r), 0);
    ck_assert_uint_eq(area.version % 2, 0);
    ck_assert_uint_ne(area.version, 0);
    ck_assert_uint_eq(area.tsc_to_system_mul, t->tsc_to_system_mul);
}
END_TEST

START_TEST(queues_are_printed)
{
    sched_print();
    ck_assert_ptr_nonnull(strstr(bench_log, "runs: idle"));
    run_alone(alice, 0);
    sched_pause_clear(bob->vcpus[1], SCHED_PAUSE_DOWN);
    sched_print();
    ck_assert_ptr_nonnull(strstr(bench_log, "waits: d2v1"));
}
END_TEST

START_TEST(no_such_policy)
{
    ck_assert(!sched_init("no such"));
}
END_TEST

TCase *sched_tests(void)
{
    TCase *t = tcase_create("mechanism");

    tcase_add_checked_fixture(t, setup_one, teardown);
    tcase_add_test(t, an_idle_cpu_runs_what_wakes);
    tcase_add_test(t, block_sleeps_until_an_event);
    tcase_add_test(t, reasons_to_stop_add_up);
    tcase_add_test(t, a_wake_before_the_switch_cancels_it);
    tcase_add_test(t, poll_waits_for_its_port);
    tcase_add_test(t, poll_ends_in_time);
    tcase_add_test(t, poll_checks_its_arguments);
    tcase_add_test(t, watchdogs);
    tcase_add_test(t, shutdown_and_the_rest);
    tcase_add_test(t, vcpu_up_and_down);
    tcase_add_test(t, initialise_once);
    tcase_add_test(t, runstate_times_add_up);
    tcase_add_test(t, runstate_area_follows);
    tcase_add_test(t, clock_is_published);
    tcase_add_test(t, queues_are_printed);
    tcase_add_test(t, no_such_policy);
    return t;
}
