/* SPDX-License-Identifier: MIT */
/* Tests of the dispatcher, multicall, xen_version, physdev_op and platform_op. */
#include <string.h>

#include "core/version.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "pvabi/errno.h"
#include "pvabi/features.h"
#include "pvabi/physdev.h"
#include "pvabi/platform.h"

#define NOWHERE 0xffff800000000000ull /* the hypervisor's own */

static struct domain *guest(void)
{
    struct domain *d = dbench_domain(5, 1);

    dbench_become(d->vcpus[0]);
    return d;
}

/* ---- the dispatcher ---- */

START_TEST(numbers_out_of_the_list)
{
    const uint64_t unknown[] = {11, 27, 31, 34, 37, 55, 63, 64, 1u << 31, 1ull << 32, UINT64_MAX};

    for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
        ck_assert_int_eq(dbench_call(unknown[i], 0, 0, 0), -XEN_ENOSYS);
    }
}
END_TEST

START_TEST(only_dom0_gets_to_the_toolstack)
{
    const uint64_t privileged[] = {__HYPERVISOR_platform_op, __HYPERVISOR_sysctl, __HYPERVISOR_domctl};

    for (unsigned int i = 0; i < ARRAY_SIZE(privileged); i++) {
        ck_assert_int_eq(dbench_call(privileged[i], 0, 0, 0), -XEN_EFAULT);
    }
    guest();
    for (unsigned int i = 0; i < ARRAY_SIZE(privileged); i++) {
        ck_assert_int_eq(dbench_call(privileged[i], 0, 0, 0), -XEN_EPERM);
    }
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_version, 0, 0), 4 << 16 | 17);
}
END_TEST

/* ---- multicall ---- */

static char text[3000];

static struct multicall_entry write_entry(unsigned int length)
{
    return (struct multicall_entry){.op = __HYPERVISOR_console_io,
                                    .result = 4711,
                                    .args = {CONSOLEIO_write, length, DBENCH_POINTER(text)}};
}

START_TEST(each_entry_has_its_result)
{
    struct multicall_entry list[] = {
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_version}},
        {.op = 63},
        {.op = __HYPERVISOR_multicall},
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}},
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}, .result = 4711},
    };

    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, DBENCH_POINTER(list), 4, 0), 0);
    ck_assert_uint_eq(list[0].result, 4 << 16 | 17);
    ck_assert_uint_eq(list[1].result, (uint64_t)-XEN_ENOSYS);
    ck_assert_uint_eq(list[2].result, (uint64_t)-XEN_EINVAL); /* it would nest without end */
    ck_assert_uint_eq(list[3].result, PAGE_SIZE);
    ck_assert_uint_eq(list[4].result, 4711);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, DBENCH_POINTER(list), 1ull << 32, 0), 0);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, 0, 0, 0), 0);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, 0, 1, 0), -XEN_EFAULT);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, NOWHERE, 1, 0), -XEN_EFAULT);
}
END_TEST

/* Every copy from or to the guest fails once: what came before is done, and it says -EFAULT. */
START_TEST(a_list_that_ends_in_nothing)
{
    for (unsigned int n = 1; n <= 6; n++) {
        struct multicall_entry list[3];

        for (unsigned int i = 0; i < 3; i++) {
            list[i] = (struct multicall_entry){
                .op = __HYPERVISOR_xen_version, .result = 4711, .args = {XENVER_pagesize}};
        }
        fake_fail_copy(n);
        ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, DBENCH_POINTER(list), 3, 0), -XEN_EFAULT);
        ck_assert(fake_failed_copy());
        for (unsigned int i = 0; i < 3; i++) {
            ck_assert_uint_eq(list[i].result, i < (n - 1) / 2 ? PAGE_SIZE : 4711);
        }
    }
}
END_TEST

/* Preempted between entries and within them, at every rate: each is done once and has its result. */
START_TEST(a_multicall_goes_on_where_it_was)
{
    memset(text, 'x', sizeof(text));
    for (unsigned int every = 1; every < 8; every++) {
        struct multicall_entry list[] = {write_entry(700), write_entry(1), write_entry(256),
                                         write_entry(1000)};
        unsigned int length = 0;

        fake_console_clear();
        fake_preempt_every(every);
        ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, DBENCH_POINTER(list), 4, 0), 0);
        ck_assert_uint_gt(fake_preempt_calls(), 5);
        for (unsigned int i = 0; i < 4; i++) {
            ck_assert_uint_eq(list[i].result, 0);
        }
        for (const char *c = fake_console(); *c; c++) {
            length += *c == 'x';
        }
        ck_assert_uint_eq(length, 700 + 1 + 256 + 1000);
    }
}
END_TEST

/* The progress of an entry cannot be written: it must not start anew. */
START_TEST(progress_that_cannot_be_stored)
{
    struct multicall_entry list[] = {write_entry(700)};

    fake_preempt_every(1);
    fake_fail_copy(3); /* the entry, the first part of the text, the progress */
    ck_assert_int_eq(dbench_call(__HYPERVISOR_multicall, DBENCH_POINTER(list), 1, 0), -XEN_EFAULT);
    ck_assert_uint_eq(list[0].result, 4711);
}
END_TEST

/* ---- xen_version ---- */

START_TEST(strings_are_whole)
{
    static char page[2 * PAGE_SIZE];
    const struct {
        uint64_t command;
        size_t size;
        const char *start;
    } strings[] = {
        {XENVER_extraversion, XEN_EXTRAVERSION_LEN, VERSION_EXTRA},
        {XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN, VERSION_CAPABILITIES},
        {XENVER_changeset, XEN_CHANGESET_INFO_LEN, ""},
        {XENVER_commandline, 1024, "noreboot"},
    };

    strlcpy(version_command_line, "noreboot", sizeof(version_command_line));
    for (unsigned int i = 0; i < ARRAY_SIZE(strings); i++) {
        memset(page, 0x5a, sizeof(page));
        ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, strings[i].command, DBENCH_POINTER(page), 0),
                         0);
        ck_assert_str_eq(page, strings[i].start);
        for (size_t at = strlen(page); at < strings[i].size; at++) {
            ck_assert_int_eq(page[at], 0);
        }
        ck_assert_int_eq(page[strings[i].size], 0x5a);
        ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, strings[i].command, NOWHERE, 0), -XEN_EFAULT);
    }
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_build_id, 0, 0), -XEN_ENODATA);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, 99, 0, 0), -XEN_ENOSYS);
}
END_TEST

/* The hypervisor's command line is nothing for guests. */
START_TEST(a_guest_may_not_know_all)
{
    static char line[1024];

    strlcpy(version_command_line, "secret=1", sizeof(version_command_line));
    guest();
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_commandline, DBENCH_POINTER(line), 0), 0);
    ck_assert_str_eq(line, "<denied>");
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_build_id, 0, 0), -XEN_EPERM);
}
END_TEST

START_TEST(features_by_page)
{
    struct xen_feature_info info = {.submap_idx = 0};

    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_get_features, DBENCH_POINTER(&info), 0), 0);
    ck_assert(info.submap & 1u << XENFEAT_dom0);
    info.submap_idx = 1;
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_get_features, DBENCH_POINTER(&info), 0),
                     -XEN_EINVAL);
    guest();
    info.submap_idx = 0;
    ck_assert_int_eq(dbench_call(__HYPERVISOR_xen_version, XENVER_get_features, DBENCH_POINTER(&info), 0), 0);
    ck_assert(!(info.submap & 1u << XENFEAT_dom0));
}
END_TEST

/* ---- physdev_op ---- */

#define PHYSDEV(command, argument) dbench_call(__HYPERVISOR_physdev_op, command, DBENCH_POINTER(argument), 0)

static void give_irqs(void)
{
    ck_assert_int_eq(rangeset_add(dbench_first->irqs, 0, 23), 0);
}

START_TEST(a_pirq_is_mapped_and_unmapped)
{
    struct physdev_map_pirq map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 9, .pirq = -1};
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = 9};
    evtchn_port_t port;

    give_irqs();
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EINVAL);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), 0);
    ck_assert_int_eq(map.pirq, 9);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), 0);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_unmap_pirq, &unmap), 0);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EINVAL);
    /* One that is unmapped while it is bound comes no more. */
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, 9, false, &port), 0);
    ck_assert(!fake_lines[9].masked);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_unmap_pirq, &unmap), 0);
    ck_assert(fake_lines[9].masked);
    ck_assert_int_eq(evtchn_close(dbench_first, port), 0);
    map.index = map.pirq = 24;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
    map = (struct physdev_map_pirq){.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 9, .pirq = 10};
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
    map.type = MAP_PIRQ_TYPE_UNKNOWN;
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
}
END_TEST

/* Arguments are read first, then rights are asked; eoi and the query are anybody's. */
START_TEST(a_guest_has_no_interrupts)
{
    struct physdev_map_pirq map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 9, .pirq = 9};
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = 9};
    struct physdev_irq_status_query query = {.irq = 24};
    struct physdev_setup_gsi setup = {.gsi = 9};
    struct physdev_eoi eoi = {.irq = 24};

    guest();
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_map_pirq, &map), -XEN_EPERM);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EPERM);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_setup_gsi, &setup), -XEN_EPERM);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
    ck_assert_int_eq(PHYSDEV(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, NOWHERE, 0), -XEN_EFAULT);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op, 99, 0, 0), -XEN_ENOSYS);
}
END_TEST

START_TEST(the_first_form_of_physdev_op)
{
    struct physdev_op op = {.cmd = PHYSDEVOP_set_iopl, .u.set_iopl.iopl = 2};
    struct domain *d = guest();

    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op_compat, DBENCH_POINTER(&op), 0, 0), 0);
    ck_assert_uint_eq(d->vcpus[0]->cpu.iopl, 2);
    op.u.set_iopl.iopl = 4;
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op_compat, DBENCH_POINTER(&op), 0, 0), -XEN_EINVAL);
    op.cmd = PHYSDEVOP_eoi; /* younger */
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op_compat, DBENCH_POINTER(&op), 0, 0), -XEN_ENOSYS);
    ck_assert_int_eq(dbench_call(__HYPERVISOR_physdev_op_compat, NOWHERE, 0, 0), -XEN_EFAULT);
}
END_TEST

/* ---- platform_op ---- */

static int64_t platform(uint32_t command, struct xen_platform_op *op)
{
    op->cmd = command;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return dbench_call(__HYPERVISOR_platform_op, DBENCH_POINTER(op), 0, 0);
}

START_TEST(platform_op_rules)
{
    struct xen_platform_op op = {.cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION + 1};

    ck_assert_int_eq(dbench_call(__HYPERVISOR_platform_op, DBENCH_POINTER(&op), 0, 0), -XEN_EACCES);
    ck_assert_int_eq(platform(9999, &op), -XEN_ENOSYS);
    op.u.pcpu_info.xen_cpuid = 3;
    ck_assert_int_eq(platform(XENPF_get_cpuinfo, &op), 0);
    ck_assert_uint_eq(op.u.pcpu_info.max_present, DBENCH_CPUS - 1);
    ck_assert_uint_eq(op.u.pcpu_info.apic_id, 6);
    op.u.pcpu_info.xen_cpuid = UINT32_MAX;
    ck_assert_int_eq(platform(XENPF_get_cpuinfo, &op), 0);
    ck_assert_uint_eq(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    fake_fail_copy(2); /* the way back */
    ck_assert_int_eq(platform(XENPF_get_cpuinfo, &op), -XEN_EFAULT);
}
END_TEST

START_TEST(the_wall_clock_is_all_domains)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_platform_op op = {.u.settime64 = {.secs = 1000, .nsecs = 5, .system_time = 0}};
    struct xen_domctl offset = {.u.settimeoffset.time_offset_seconds = -10};

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_settimeoffset, &offset), 0);
    ck_assert_int_eq(platform(XENPF_settime64, &op), 0);
    ck_assert_uint_eq(dbench_first->shared_info->wc_sec, 1000);
    ck_assert_uint_eq(dbench_first->shared_info->wc_nsec, 5);
    ck_assert_uint_eq(d->shared_info->wc_sec, 990);
    ck_assert_uint_eq(d->shared_info->wc_version % 2, 0);
    op.u.settime64.nsecs = 1000000000;
    ck_assert_int_eq(platform(XENPF_settime64, &op), -XEN_EINVAL);
    op.u.settime64.nsecs = 0;
    op.u.settime64.mbz = 1;
    ck_assert_int_eq(platform(XENPF_settime64, &op), -XEN_EINVAL);
}
END_TEST

TCase *domain_calls_tests(void)
{
    TCase *tests = tcase_create("calls");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, numbers_out_of_the_list);
    tcase_add_test(tests, only_dom0_gets_to_the_toolstack);
    tcase_add_test(tests, each_entry_has_its_result);
    tcase_add_test(tests, a_list_that_ends_in_nothing);
    tcase_add_test(tests, a_multicall_goes_on_where_it_was);
    tcase_add_test(tests, progress_that_cannot_be_stored);
    tcase_add_test(tests, strings_are_whole);
    tcase_add_test(tests, a_guest_may_not_know_all);
    tcase_add_test(tests, features_by_page);
    tcase_add_test(tests, a_pirq_is_mapped_and_unmapped);
    tcase_add_test(tests, a_guest_has_no_interrupts);
    tcase_add_test(tests, the_first_form_of_physdev_op);
    tcase_add_test(tests, platform_op_rules);
    tcase_add_test(tests, the_wall_clock_is_all_domains);
    return tests;
}
