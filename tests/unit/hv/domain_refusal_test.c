/* SPDX-License-Identifier: MIT */
/* The record of refused hypercalls: counted by number and error, bounded, told in the log, read by the toolstack. */
#include <string.h>

#include "core/refusal.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "pvabi/errno.h"
#include "pvabi/parvis.h"
#include "pvabi/sched.h"

#define GUEST 5

static struct parvis_refusal refusal_at(const struct domain *d, uint32_t index)
{
    struct parvis_refusal r;

    ck_assert(refusal_get(d, index, &r));
    return r;
}

START_TEST(counts_by_number_and_error)
{
    struct domain *d = dbench_domain(GUEST, 1);
    struct parvis_refusal none;

    dbench_become(d->vcpus[0]);
    ck_assert(!refusal_get(d, 0, &none));
    dbench_call(__HYPERVISOR_sched_op, 99, 0, 0);
    dbench_call(__HYPERVISOR_sched_op, 99, 0, 0);
    dbench_call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
    dbench_call(__HYPERVISOR_domctl, 0, 0, 0);
    dbench_call(63, 0, 0, 0);
    dbench_call(~0ull, 0, 0, 0);
    ck_assert_uint_eq(refusal_at(d, 0).hypercall, __HYPERVISOR_sched_op);
    ck_assert_uint_eq(refusal_at(d, 0).error, XEN_ENOSYS);
    ck_assert_uint_eq(refusal_at(d, 0).count, 2);
    ck_assert_uint_eq(refusal_at(d, 1).hypercall, __HYPERVISOR_domctl);
    ck_assert_uint_eq(refusal_at(d, 1).error, XEN_EPERM);
    ck_assert_uint_eq(refusal_at(d, 2).hypercall, PARVIS_REFUSAL_OTHER);
    ck_assert_uint_eq(refusal_at(d, 2).count, 2);
    ck_assert(!refusal_get(d, 3, &none));
}
END_TEST

START_TEST(has_an_end)
{
    struct domain *d = dbench_domain(GUEST, 1);
    struct parvis_refusal none;

    for (uint32_t error = 1; error <= 2 * REFUSAL_KINDS; error++) {
        refusal_note(d, __HYPERVISOR_sched_op, error);
    }
    ck_assert_uint_eq(refusal_at(d, REFUSAL_KINDS - 1).error, REFUSAL_KINDS);
    ck_assert_uint_eq(refusal_at(d, REFUSAL_KINDS).hypercall, PARVIS_REFUSAL_OTHER);
    ck_assert_uint_eq(refusal_at(d, REFUSAL_KINDS).count, REFUSAL_KINDS);
    ck_assert(!refusal_get(d, REFUSAL_KINDS + 1, &none));
}
END_TEST

static bool told(void)
{
    bool is = strstr(fake_console(), "hypercalls refused") != NULL;

    fake_console_clear();
    return is;
}

START_TEST(the_log_is_told_now_and_then)
{
    struct domain *d = dbench_domain(GUEST, 1);

    fake_console_clear();
    for (unsigned int i = 0; i < 9999; i++) {
        refusal_note(d, __HYPERVISOR_sched_op, XEN_EINVAL);
    }
    ck_assert(!told());
    refusal_note(d, __HYPERVISOR_sched_op, XEN_EINVAL);
    ck_assert(told());
    for (unsigned int i = 0; i < 20000; i++) {
        refusal_note(d, __HYPERVISOR_sched_op, XEN_EINVAL);
    }
    ck_assert(!told());
    fake_advance(11 * TIMER_NS_PER_SECOND);
    refusal_note(d, __HYPERVISOR_sched_op, XEN_EINVAL);
    ck_assert(told());
}
END_TEST

START_TEST(the_toolstack_reads_it)
{
    struct domain *d = dbench_domain(GUEST, 1);
    struct parvis_refusal list[2] = {{0}};
    struct parvis_usage usage = {.refusal_count = 1};
    struct xen_domctl op = {0};

    refusal_note(d, __HYPERVISOR_iret, XEN_EINVAL);
    refusal_note(d, __HYPERVISOR_sched_op, XEN_EPERM);
    set_xen_guest_handle(usage.refusals, list);
    memcpy(&op.u, &usage, sizeof(usage));
    ck_assert_int_eq(dbench_domctl(GUEST, PARVIS_DOMCTL_get_usage, &op), 0);
    memcpy(&usage, &op.u, sizeof(usage));
    ck_assert_uint_eq(usage.refusal_count, 2);
    ck_assert_uint_eq(list[0].hypercall, __HYPERVISOR_iret);
    ck_assert_uint_eq(list[1].count, 0);
    ck_assert_uint_eq(usage.event_ports, 0);
    ck_assert_uint_eq(usage.grant_frames, d->gnttab ? 1 : 0);
    ck_assert_int_eq(dbench_domctl(77, PARVIS_DOMCTL_get_usage, &op), -XEN_ESRCH);
    ck_assert_int_eq(dbench_domctl(GUEST, PARVIS_DOMCTL_get_usage + 1, &op), -XEN_ENOSYS);
    usage.refusals.p = NULL;
    usage.refusal_count = 2;
    memcpy(&op.u, &usage, sizeof(usage));
    ck_assert_int_eq(dbench_domctl(GUEST, PARVIS_DOMCTL_get_usage, &op), -XEN_EFAULT);
}
END_TEST

TCase *domain_refusal_tests(void)
{
    TCase *tests = tcase_create("refusals");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, counts_by_number_and_error);
    tcase_add_test(tests, has_an_end);
    tcase_add_test(tests, the_log_is_told_now_and_then);
    tcase_add_test(tests, the_toolstack_reads_it);
    return tests;
}
