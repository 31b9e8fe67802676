/* SPDX-License-Identifier: MIT */
/* What the toolstack sets besides domains: their shares of the CPUs, the trace, PCI functions by their older
 * calls. */
#include <string.h>

#include "core/console.h"
#include "core/trace.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "lib/log.h"
#include "pvabi/domctl.h"
#include "pvabi/errno.h"
#include "pvabi/physdev.h"

#define NOWHERE 0xffff800000000000ull /* the hypervisor's own */

/* ---- shares ---- */

static int64_t share_op(domid_t id, uint32_t command, struct xen_domctl *op)
{
    op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op->u.scheduler_op.cmd = command;
    return dbench_domctl(id, XEN_DOMCTL_scheduler_op, op);
}

START_TEST(shares_go_in_and_out)
{
    struct domain *d = dbench_domain(7, 1);
    struct xen_domctl op = {0};

    ck_assert_int_eq(share_op(7, XEN_DOMCTL_SCHEDOP_getinfo, &op), 0);
    ck_assert_uint_eq(op.u.scheduler_op.u.credit2.weight, 256);
    ck_assert_uint_eq(op.u.scheduler_op.u.credit2.cap, 0);
    op.u.scheduler_op.u.credit2 = (struct xen_domctl_sched_credit2){512, 50};
    ck_assert_int_eq(share_op(7, XEN_DOMCTL_SCHEDOP_putinfo, &op), 0);
    ck_assert_uint_eq(d->sched.weight, 512);
    ck_assert_uint_eq(d->sched.cap, 50);
    /* 0 and all ones leave what is there. */
    op.u.scheduler_op.u.credit2 = (struct xen_domctl_sched_credit2){0, 0xffff};
    ck_assert_int_eq(share_op(7, XEN_DOMCTL_SCHEDOP_putinfo, &op), 0);
    ck_assert_int_eq(share_op(7, XEN_DOMCTL_SCHEDOP_getinfo, &op), 0);
    ck_assert_uint_eq(op.u.scheduler_op.u.credit2.weight, 512);
    ck_assert_uint_eq(op.u.scheduler_op.u.credit2.cap, 50);
    dbench_kill(d);
}
END_TEST

START_TEST(shares_that_are_none)
{
    struct domain *d = dbench_domain(7, 1);
    struct xen_domctl op = {0};

    ck_assert_int_eq(share_op(7, 99, &op), -XEN_EINVAL);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    ck_assert_int_eq(dbench_domctl(7, XEN_DOMCTL_scheduler_op, &op), -XEN_EINVAL);
    ck_assert_uint_eq(d->sched.weight, 256);
    dbench_kill(d);
}
END_TEST

/* ---- the trace ---- */

static int64_t trace_op(uint32_t command, struct xen_sysctl *op)
{
    op->u.tbuf_op.cmd = command;
    return dbench_sysctl(XEN_SYSCTL_tbuf_op, op);
}

START_TEST(the_trace_is_the_toolstacks)
{
    struct xen_sysctl op = {0};

    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_enable, &op), -XEN_EINVAL); /* nowhere to write */
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_get_info, &op), 0);
    ck_assert_uint_eq(op.u.tbuf_op.size, 0);
    op.u.tbuf_op.size = 2;
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_set_size, &op), 0);
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_enable, &op), 0);
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_get_info, &op), 0);
    ck_assert_uint_eq(op.u.tbuf_op.size, PAGE_SIZE);
    ck_assert_uint_eq(op.u.tbuf_op.buffer_mfn, trace_info_frame().n);
    op.u.tbuf_op.evt_mask = TRC_GEN;
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_set_evt_mask, &op), 0);
    ck_assert(trace_wants(TRC_GEN) && !trace_wants(PVABI_TRC_CLASS));
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_set_cpu_mask, &op), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(trace_op(XEN_SYSCTL_TBUFOP_disable, &op), 0);
    ck_assert(!trace_wants(TRC_GEN));
    ck_assert_int_eq(trace_op(99, &op), -XEN_EINVAL);
}
END_TEST

/* ---- PCI functions ---- */

#define PHYSDEV(command, argument) dbench_call(__HYPERVISOR_physdev_op, command, DBENCH_POINTER(argument), 0)

START_TEST(functions_by_the_call_that_knows_virtual_ones)
{
    struct physdev_manage_pci_ext op = {.bus = 0, .devfn = 8};

    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_add_ext, &op), 0);
    op.is_virtfn = 2;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_add_ext, &op), -XEN_EINVAL);
    op.is_virtfn = 0;
    op.is_extfn = 2;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_add_ext, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op, PHYSDEVOP_manage_pci_add_ext, NOWHERE, 0),
                     -XEN_EFAULT);
    dbench_become(dbench_domain(7, 1)->vcpus[0]);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_manage_pci_add_ext, &op), -XEN_EPERM);
    dbench_become(NULL);
    dbench_kill(domain_by_id(7));
}
END_TEST

/* ---- the log ---- */

START_TEST(levels_choose_what_is_said)
{
    console_set_levels(LOG_WARNING, LOG_ERROR);
    log_info("too much");
    log_warning("enough");
    ck_assert_ptr_null(strstr(fake_console(), "too much"));
    ck_assert_ptr_nonnull(strstr(fake_console(), "enough"));
    console_set_noreboot(true);
    ck_assert(!console_panic_resets());
    console_set_noreboot(false);
    ck_assert(console_panic_resets());
    console_panic(); /* from now on all of it is of interest */
    log_info("everything");
    ck_assert_ptr_nonnull(strstr(fake_console(), "everything"));
}
END_TEST

TCase *domain_shares_tests(void)
{
    TCase *tests = tcase_create("shares");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, shares_go_in_and_out);
    tcase_add_test(tests, shares_that_are_none);
    tcase_add_test(tests, the_trace_is_the_toolstacks);
    tcase_add_test(tests, functions_by_the_call_that_knows_virtual_ones);
    tcase_add_test(tests, levels_choose_what_is_said);
    return tests;
}
