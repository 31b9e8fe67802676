/* SPDX-License-Identifier: MIT */
/* Tests of the lives of domains: pausing, shutting down, crashing, resuming, dying in steps. */
#include <string.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "port/cpu.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"

static uint32_t flags_of(domid_t id)
{
    struct xen_domctl op = {0};

    ck_assert_int_eq(dbench_domctl(id, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(op.domain, id);
    return op.u.getdomaininfo.flags;
}

static unsigned int running(const struct domain *d)
{
    unsigned int count = 0;
    struct vcpu *v;

    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        count += v->sched.running;
    }
    return count;
}

START_TEST(pauses_count)
{
    struct domain *d = dbench_domain(5, 2);
    struct xen_domctl op = {0};

    ck_assert(flags_of(5) & XEN_DOMINF_paused);
    dbench_boot(d);
    ck_assert_uint_eq(running(d), 2);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_unpausedomain, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_pausedomain, &op), 0);
    ck_assert_uint_eq(running(d), 0);
    for (unsigned int i = 1; i < 255; i++) {
        ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_pausedomain, &op), 0);
    }
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_pausedomain, &op), -XEN_EOVERFLOW);
    for (unsigned int i = 0; i < 254; i++) {
        ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_unpausedomain, &op), 0);
    }
    dbench_settle();
    ck_assert_uint_eq(running(d), 0);
    ck_assert(flags_of(5) & XEN_DOMINF_paused);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_unpausedomain, &op), 0);
    dbench_settle();
    ck_assert_uint_eq(running(d), 2);
    ck_assert(!(flags_of(5) & XEN_DOMINF_paused));
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_pausedomain, &op), -XEN_EINVAL);
}
END_TEST

/* What is left when an unpause on one CPU comes between the two steps of a pause on another one. */
START_TEST(a_late_pause_leaves_nothing)
{
    struct domain *d = dbench_domain(5, 1);

    dbench_boot(d);
    domain_pause_nosync(d);
    domain_unpause(d);
    sched_pause_set(d->vcpus[0], 0); /* the rest of the pause */
    dbench_settle();
    ck_assert_uint_eq(running(d), 1);
    ck_assert(sched_is_runnable(d->vcpus[0]));
}
END_TEST

START_TEST(vcpus_that_are_made_while_paused_run_later)
{
    struct domain *d = dbench_domain(5, 2);

    domain_pause(d);
    dbench_boot(d);
    ck_assert_uint_eq(running(d), 0);
    domain_unpause(d);
    dbench_settle();
    ck_assert_uint_eq(running(d), 2);
}
END_TEST

/* The toolstack hears of a shutdown when no vCPU is on its CPU any more, not before. */
START_TEST(a_shutdown_waits_for_its_vcpus)
{
    evtchn_port_t told = dbench_bind_virq(VIRQ_DOM_EXC);
    struct domain *d = dbench_domain(5, 2);

    dbench_boot(d);
    ck_assert_uint_eq(running(d), 2);
    domain_shutdown(d, SHUTDOWN_reboot);
    ck_assert(d->shutting_down && !d->shut_down);
    ck_assert(!(flags_of(5) & XEN_DOMINF_shutdown));
    ck_assert(!dbench_pending(dbench_first, told));
    dbench_settle();
    ck_assert(d->shut_down);
    ck_assert(dbench_pending(dbench_first, told));
    ck_assert_uint_eq(flags_of(5) >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_reboot);
    ck_assert(flags_of(5) & XEN_DOMINF_shutdown);
    /* The first reason stays. */
    domain_shutdown(d, SHUTDOWN_crash);
    dbench_settle();
    ck_assert(!dbench_pending(dbench_first, told));
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_reboot);
    dbench_kill(d);
}
END_TEST

START_TEST(a_shutdown_of_a_paused_domain_is_told_at_once)
{
    evtchn_port_t told = dbench_bind_virq(VIRQ_DOM_EXC);
    struct domain *d = dbench_domain(5, 2);

    domain_shutdown(d, SHUTDOWN_poweroff);
    ck_assert(d->shut_down);
    ck_assert(dbench_pending(dbench_first, told));
}
END_TEST

START_TEST(a_crash_says_why_once)
{
    struct domain *d = dbench_domain(5, 2);

    dbench_boot(d);
    fake_console_clear();
    domain_crash(d, "it broke rule %d", 42);
    ck_assert_ptr_nonnull(strstr(fake_console(), "d5 crashed: it broke rule 42"));
    fake_console_clear();
    domain_crash(d, "and another");
    ck_assert_str_eq(fake_console(), "");
    dbench_settle();
    ck_assert(d->shut_down);
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_crash);
    ck_assert_uint_eq(running(d), 0);
}
END_TEST

/* With a latched code (SCHEDOP_shutdown_code) every end has that reason. */
START_TEST(a_latched_code_wins)
{
    struct domain *d = dbench_domain(5, 1);

    d->sched.latched_code = SHUTDOWN_watchdog + 1;
    domain_shutdown(d, SHUTDOWN_poweroff);
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_watchdog);
}
END_TEST

START_TEST(a_suspend_is_told_on_its_own_channel)
{
    evtchn_port_t told = dbench_bind_virq(VIRQ_DOM_EXC), theirs, ours;
    struct domain *d = dbench_domain(5, 2);
    struct xen_domctl op = {0};

    /* The guest's port has another number than dom0's. */
    ck_assert_int_eq(evtchn_alloc_unbound(d, 0, &theirs), 0);
    ck_assert_int_eq(evtchn_alloc_unbound(d, 0, &theirs), 0);
    ck_assert_int_eq(evtchn_alloc_unbound(d, 0, &theirs), 0);
    ck_assert_int_eq(evtchn_bind_interdomain(dbench_first, d, theirs, &ours), 0);
    ck_assert_uint_ne(theirs, ours);
    dbench_pending(dbench_first, ours);
    op.u.subscribe.port = theirs;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_subscribe, &op), 0);
    dbench_boot(d);
    domain_shutdown(d, SHUTDOWN_suspend);
    ck_assert(!dbench_pending(dbench_first, ours));
    dbench_settle();
    ck_assert(dbench_pending(dbench_first, ours));
    ck_assert(!dbench_pending(dbench_first, told));
}
END_TEST

START_TEST(a_resumed_domain_runs_and_ends_again)
{
    evtchn_port_t told = dbench_bind_virq(VIRQ_DOM_EXC);
    struct domain *d = dbench_domain(5, 2);
    struct xen_domctl op = {0};

    dbench_boot(d);
    domain_shutdown(d, SHUTDOWN_suspend);
    dbench_settle();
    ck_assert(dbench_pending(dbench_first, told)); /* nobody subscribed */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_resumedomain, &op), 0);
    dbench_settle();
    ck_assert_uint_eq(running(d), 2);
    ck_assert(!(flags_of(5) & XEN_DOMINF_shutdown));
    domain_shutdown(d, SHUTDOWN_poweroff);
    dbench_settle();
    ck_assert(d->shut_down);
    ck_assert(dbench_pending(dbench_first, told));
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_resumedomain, &op), -XEN_EINVAL);
}
END_TEST

/* A domain with all that death takes away: tables, events to dom0, grants' frames, memory. */
static struct domain *full_domain(void)
{
    struct domain *d = dbench_domain(5, 2);
    evtchn_port_t port, ours;
    mfn_t frame;

    dbench_boot(d);
    for (unsigned int i = 0; i < 40; i++) {
        ck_assert_int_eq(evtchn_alloc_unbound(d, 0, &port), 0);
        ck_assert_int_eq(mm_alloc(d, 0, 0, &frame), 0);
    }
    ck_assert_int_eq(evtchn_bind_interdomain(dbench_first, d, port, &ours), 0);
    return d;
}

/* Stops after one, two, ... looks for other work, at every look from then on, and in between others meddle.
 */
START_TEST(death_comes_in_steps)
{
    uint64_t free_before = 0;

    for (unsigned int every = 1; every < 6; every++) {
        struct domain *d = full_domain();
        unsigned int steps = 0;
        int error;

        fake_preempt_every(every);
        do {
            ck_assert_ptr_eq(domain_by_id(5), d);
            domain_ref(d);
            error = domain_kill(d);
            ck_assert_int_ne(d->life, DOMAIN_ALIVE);
            ck_assert_uint_eq(running(d), 0);
            ck_assert_int_eq(mm_alloc(d, 0, 0, &(mfn_t){0}), -XEN_ENOMEM);
            domain_put(d);
            ck_assert_uint_lt(steps++, 10000);
        } while (error == -XEN_ERESTART);
        ck_assert_int_eq(error, 0);
        fake_preempt_every(0);
        ck_assert_ptr_null(domain_by_id(5));
        ck_assert_uint_ge(steps, every == 1 ? 2 : 1);
        /* dom0's ends of the channels keep their ports; the first round makes room for them. */
        if (every == 1) {
            free_before = dbench_free_frames();
        }
        ck_assert_uint_eq(dbench_free_frames(), free_before);
    }
}
END_TEST

START_TEST(two_who_kill_take_turns)
{
    struct domain *d = full_domain(), *same = domain_get(5);

    ck_assert_int_eq(domain_begin_change(d), 0);
    ck_assert_int_eq(domain_begin_change(d), -XEN_ERESTART);
    ck_assert_int_eq(domain_kill(d), -XEN_ERESTART);
    ck_assert_int_eq(d->life, DOMAIN_ALIVE);
    domain_end_change(d);
    ck_assert_int_eq(domain_kill(d), 0);
    ck_assert_int_eq(domain_begin_change(d), -XEN_EINVAL);
    ck_assert_int_eq(domain_kill(d), 0);
    domain_put(same);
    ck_assert_ptr_null(domain_by_id(5));
}
END_TEST

START_TEST(a_dying_domain_takes_nothing_new)
{
    struct domain *d = dbench_domain(5, 2), *same = domain_get(5);
    static struct vcpu_guest_context context;
    struct xen_domctl op = {0};

    ck_assert_int_eq(domain_kill(d), 0);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpucontext, &op), -XEN_EINVAL);
    domain_put(same);
}
END_TEST

START_TEST(dom0_cannot_be_killed)
{
    struct xen_domctl op = {0};

    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_destroydomain, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_first->life, DOMAIN_ALIVE);
}
END_TEST

TCase *domain_life_tests(void)
{
    TCase *tests = tcase_create("life");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, pauses_count);
    tcase_add_test(tests, a_late_pause_leaves_nothing);
    tcase_add_test(tests, vcpus_that_are_made_while_paused_run_later);
    tcase_add_test(tests, a_shutdown_waits_for_its_vcpus);
    tcase_add_test(tests, a_shutdown_of_a_paused_domain_is_told_at_once);
    tcase_add_test(tests, a_crash_says_why_once);
    tcase_add_test(tests, a_latched_code_wins);
    tcase_add_test(tests, a_suspend_is_told_on_its_own_channel);
    tcase_add_test(tests, a_resumed_domain_runs_and_ends_again);
    tcase_add_test(tests, death_comes_in_steps);
    tcase_add_test(tests, two_who_kill_take_turns);
    tcase_add_test(tests, a_dying_domain_takes_nothing_new);
    tcase_add_test(tests, dom0_cannot_be_killed);
    return tests;
}
