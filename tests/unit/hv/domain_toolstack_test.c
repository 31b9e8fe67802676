/* SPDX-License-Identifier: MIT */
/* Tests of domctl and sysctl: the rules of arguments, what comes back, rights, and that nothing of the stack
 * leaks. */
#include <string.h>

#include "core/frame.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define COMMAND_MAX 100u

START_TEST(versions_and_commands)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo,
                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1};
    struct xen_sysctl sys = {.cmd = XEN_SYSCTL_physinfo,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1};

    ck_assert_int_eq(dbench_call(__HYPERVISOR_domctl, DBENCH_POINTER(&op), 0, 0), -XEN_EACCES);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_sysctl, DBENCH_POINTER(&sys), 0, 0), -XEN_EACCES);
    ck_assert_int_eq(dbench_domctl(0, 9999, &op), -XEN_ENOSYS);
    ck_assert_int_eq(dbench_domctl(0, UINT32_MAX, &op), -XEN_ENOSYS);
    ck_assert_int_eq(dbench_domctl(5, 9999, &op), -XEN_ESRCH);
    ck_assert_int_eq(dbench_sysctl(9999, &sys), -XEN_ENOSYS);
}
END_TEST

/* Every command on a domain that does not exist, and on oneself with an argument of zeros: an error or
 * success, no harm. */
START_TEST(every_command_without_a_domain)
{
    for (uint32_t command = 0; command < COMMAND_MAX; command++) {
        struct xen_domctl op = {0};

        if (command != XEN_DOMCTL_createdomain) {
            ck_assert_int_eq(dbench_domctl(4711, command, &op), -XEN_ESRCH);
            ck_assert_int_eq(dbench_domctl(DOMID_SELF, command, &op),
                             command == XEN_DOMCTL_getdomaininfo ? -XEN_EINVAL : -XEN_ESRCH);
        }
    }
}
END_TEST

START_TEST(bad_creations)
{
    const struct xen_domctl_createdomain good = {.max_vcpus = 1,
                                                 .max_evtchn_port = 1023,
                                                 .max_grant_frames = 4,
                                                 .max_maptrack_frames = 4,
                                                 .grant_opts = 1};
    struct xen_domctl_createdomain bad[8];
    struct xen_domctl op;

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        bad[i] = good;
    }
    bad[0].max_vcpus = 0;
    bad[1].max_vcpus = DOMAIN_VCPUS_MAX + 1;
    bad[2].flags = XEN_DOMCTL_CDF_hvm;
    bad[3].grant_opts = 3;
    bad[4].iommu_opts = 1;
    bad[6].vmtrace_size = 4096;
    bad[7].arch.misc_flags = 2;
    bad[5].max_grant_frames = 0x7fffffff;
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        op = (struct xen_domctl){.u.createdomain = bad[i]};
        ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), -XEN_EINVAL);
        ck_assert_ptr_null(domain_by_id(5));
    }
    op = (struct xen_domctl){.u.createdomain = good};
    op.u.createdomain.cpupool_id = 7;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), -XEN_ESRCH);
    op.u.createdomain.cpupool_id = 0;
    op.u.createdomain.arch.emulation_flags = 1;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), -XEN_EOPNOTSUPP);
    op.u.createdomain = good;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), -XEN_EEXIST);
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_createdomain, &op), 0); /* 0 asks for a free id */
    ck_assert_uint_ne(op.domain, 0);
}
END_TEST

START_TEST(vcpus_are_made_by_number)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = 2, .max_evtchn_port = 1023}};
    struct xen_domctl_getvcpuinfo *info = &op.u.getvcpuinfo;

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_createdomain, &op), 0);
    op = (struct xen_domctl){0};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(op.u.getdomaininfo.max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
    op = (struct xen_domctl){0};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuinfo, &op), -XEN_ESRCH);
    op.u.max_vcpus.max = 3;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_max_vcpus, &op), -XEN_EINVAL);
    op.u.max_vcpus.max = 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_max_vcpus, &op), 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_max_vcpus, &op), 0);
    op = (struct xen_domctl){.u.getvcpuinfo.vcpu = 1};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuinfo, &op), 0);
    ck_assert(!info->online && !info->running && !info->blocked);
    info->vcpu = 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuinfo, &op), -XEN_EINVAL);
}
END_TEST

START_TEST(contexts_go_in_and_out)
{
    static struct vcpu_guest_context in, out;
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};
    mfn_t root;

    set_xen_guest_handle(op.u.vcpucontext.ctxt, &out);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpucontext, &op), -XEN_ENODATA);
    op.u.vcpucontext.vcpu = 1;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpucontext, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpucontext, &op), -XEN_EINVAL);
    op.u.vcpucontext.vcpu = 0;
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_getvcpucontext, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_setvcpucontext, &op), -XEN_EINVAL);
    ck_assert_int_eq(mm_alloc(d, 0, 0, &root), 0);
    in = (struct vcpu_guest_context){.flags = VGCF_online | VGCF_in_kernel,
                                     .user_regs = {.rip = 0x1234, .rbx = 77}};
    in.ctrlreg[3] = xen_pfn_to_cr3(root.n);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &in);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpucontext, &op), 0);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &out);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpucontext, &op), 0);
    ck_assert_uint_eq(out.user_regs.rip, 0x1234);
    ck_assert_uint_eq(out.user_regs.rbx, 77);
    ck_assert_uint_eq(out.ctrlreg[3], in.ctrlreg[3]);
    ck_assert(out.flags & VGCF_online);
    /* Not its own memory. */
    in.ctrlreg[3] = xen_pfn_to_cr3(dbench_first->vcpus[0]->mm.kernel_root.n);
    d = dbench_domain(6, 1);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &in);
    ck_assert_int_eq(dbench_domctl(6, XEN_DOMCTL_setvcpucontext, &op), -XEN_EINVAL);
    ck_assert(!d->vcpus[0]->initialised);
    dbench_kill(domain_by_id(5));
    dbench_kill(d);
}
END_TEST

/* Preempted at every place: the toolstack's call comes back until it is through. */
START_TEST(a_context_that_takes_long)
{
    static struct vcpu_guest_context in;
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};
    mfn_t root;

    ck_assert_int_eq(mm_alloc(d, 0, 0, &root), 0);
    in = (struct vcpu_guest_context){.flags = VGCF_in_kernel};
    in.ctrlreg[3] = xen_pfn_to_cr3(root.n);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &in);
    fake_preempt_every(1);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpucontext, &op), 0);
    fake_preempt_every(0);
    ck_assert(d->vcpus[0]->initialised);
    ck_assert_uint_eq(d->changing, 0);
    dbench_kill(d);
}
END_TEST

START_TEST(rights_are_given_by_who_has_them)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {.u.ioport_permission = {.first_port = 0x3f8, .nr_ports = 8, .allow_access = 1}};

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_ioport_permission, &op), -XEN_EPERM);
    ck_assert_int_eq(rangeset_add(dbench_first->io_ports, 0x3f8, 0x3ff), 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_ioport_permission, &op), 0);
    ck_assert(rangeset_contains(d->io_ports, 0x3f8, 0x3ff));
    ck_assert(domain_has_hardware(d));
    op.u.ioport_permission.allow_access = 0;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_ioport_permission, &op), 0);
    ck_assert(!domain_has_hardware(d));
    op.u.ioport_permission.nr_ports = 0;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_ioport_permission, &op), -XEN_EINVAL);
    op.u.ioport_permission = (struct xen_domctl_ioport_permission){.first_port = 65535, .nr_ports = 2};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_ioport_permission, &op), -XEN_EINVAL);
    op =
        (struct xen_domctl){.u.iomem_permission = {.first_mfn = UINT64_MAX, .nr_mfns = 2, .allow_access = 1}};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_iomem_permission, &op), -XEN_EINVAL);
    op.u.iomem_permission.nr_mfns = 1;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_iomem_permission, &op), -XEN_EPERM);
    op = (struct xen_domctl){.u.irq_permission = {.pirq = 4096, .allow_access = 1}};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_irq_permission, &op), -XEN_EINVAL);
    op.u.irq_permission.pirq = 9;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_irq_permission, &op), -XEN_EPERM);
    ck_assert_int_eq(rangeset_add(dbench_first->irqs, 9, 9), 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_irq_permission, &op), 0);
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_irq_permission, &op), 0); /* to itself: one lock, not two */
}
END_TEST

START_TEST(flags_say_what_a_domain_does)
{
    struct domain *d = dbench_domain(5, 2);
    struct xen_domctl op = {0};
    struct xen_domctl_getdomaininfo *info = &op.u.getdomaininfo;

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(info->flags & ~(XEN_DOMINF_shutdownmask << XEN_DOMINF_shutdownshift),
                      XEN_DOMINF_paused);
    ck_assert_uint_eq(info->nr_online_vcpus, 0);
    dbench_boot(d);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(info->flags & ~(XEN_DOMINF_shutdownmask << XEN_DOMINF_shutdownshift),
                      XEN_DOMINF_running);
    ck_assert_uint_eq(info->nr_online_vcpus, 2);
    ck_assert_uint_eq(info->max_vcpu_id, 1);
    ck_assert_uint_eq(info->tot_pages, d->mm.frame_count);
    ck_assert_uint_eq(info->max_pages, 1024);
    sched_pause_set(d->vcpus[0], SCHED_PAUSE_BLOCKED);
    sched_pause_set(d->vcpus[1], SCHED_PAUSE_BLOCKED);
    dbench_settle();
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(info->flags & ~(XEN_DOMINF_shutdownmask << XEN_DOMINF_shutdownshift),
                      XEN_DOMINF_blocked);
    ck_assert_int_eq(dbench_domctl(DOMID_FIRST_RESERVED, XEN_DOMCTL_getdomaininfo, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_domctl(6, XEN_DOMCTL_getdomaininfo, &op), -XEN_ESRCH);
    ck_assert_int_eq(dbench_domctl(1, XEN_DOMCTL_getdomaininfo, &op), 0); /* the next one */
    ck_assert_uint_eq(op.domain, 5);
}
END_TEST

/* A failed command leaves the caller's structure as it was. */
START_TEST(failures_write_nothing_back)
{
    struct xen_domctl op, before;

    memset(&op, 0x5a, sizeof(op));
    op.u.getvcpuinfo.vcpu = 1;
    before = op;
    ck_assert_int_lt(dbench_domctl(0, XEN_DOMCTL_getvcpuinfo, &op), 0);
    before.cmd = op.cmd;
    before.interface_version = op.interface_version;
    before.domain = op.domain;
    ck_assert_int_eq(memcmp(&op, &before, sizeof(op)), 0);
}
END_TEST

START_TEST(lists_of_domains)
{
    struct xen_domctl_getdomaininfo info[4];
    struct xen_sysctl op = {.u.getdomaininfolist = {.max_domains = 3}};

    dbench_domain(3, 1);
    dbench_domain(4, 1);
    dbench_domain(5, 1);
    memset(info, 0x5a, sizeof(info));
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, 3);
    ck_assert_uint_eq(info[0].domain, 0);
    ck_assert_uint_eq(info[2].domain, 4);
    ck_assert_uint_eq(info[3].domain, 0x5a5a);
    op.u.getdomaininfolist.first_domain = 5;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, 1);
    fake_fail_copy(3); /* the second entry */
    op.u.getdomaininfolist.first_domain = 0;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_getdomaininfolist, &op), -XEN_EFAULT);
}
END_TEST

START_TEST(the_machine_in_numbers)
{
    struct xen_sysctl op = {0};

    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_physinfo, &op), 0);
    ck_assert_uint_eq(op.u.physinfo.nr_cpus, DBENCH_CPUS);
    ck_assert_uint_eq(op.u.physinfo.free_pages, frame_free_count());
    ck_assert_uint_eq(op.u.physinfo.total_pages, 8192);
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_sched_id, &op), 0);
    ck_assert_uint_eq(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
}
END_TEST

TCase *domain_toolstack_tests(void)
{
    TCase *tests = tcase_create("toolstack");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, versions_and_commands);
    tcase_add_test(tests, every_command_without_a_domain);
    tcase_add_test(tests, bad_creations);
    tcase_add_test(tests, vcpus_are_made_by_number);
    tcase_add_test(tests, contexts_go_in_and_out);
    tcase_add_test(tests, a_context_that_takes_long);
    tcase_add_test(tests, rights_are_given_by_who_has_them);
    tcase_add_test(tests, flags_say_what_a_domain_does);
    tcase_add_test(tests, failures_write_nothing_back);
    tcase_add_test(tests, lists_of_domains);
    tcase_add_test(tests, the_machine_in_numbers);
    return tests;
}
