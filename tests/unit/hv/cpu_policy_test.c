/* SPDX-License-Identifier: MIT */
/* Tests of what CPUID and MSRs show to a PV guest. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/cpu_policy.h"
#include "core/msr.h"
#include "cpu_bench.h"
#include "cpu_suites.h"
#include "port/time.h"
#include "pvabi/errno.h"

/* Features that no PV guest may see, on a machine that has every one of them. */
static const struct {
    uint32_t leaf, subleaf;
    char reg;
    unsigned int bit;
    const char *name;
} hidden[] = {
    {1, 0, 'd', 1, "VME"},
    {1, 0, 'd', 3, "PSE"},
    {1, 0, 'd', 12, "MTRR"},
    {1, 0, 'd', 13, "PGE"},
    {1, 0, 'd', 17, "PSE36"},
    {1, 0, 'd', 21, "DS"},
    {1, 0, 'd', 29, "TM"},
    {1, 0, 'c', 3, "MONITOR"},
    {1, 0, 'c', 5, "VMX"},
    {1, 0, 'c', 6, "SMX"},
    {1, 0, 'c', 7, "EIST"},
    {1, 0, 'c', 15, "PDCM"},
    {1, 0, 'c', 17, "PCID"},
    {1, 0, 'c', 21, "X2APIC"},
    {1, 0, 'c', 24, "DEADLINE"},
    {1, 0, 'c', 27, "OSXSAVE"},
    {7, 0, 'b', 1, "TSC_ADJUST"},
    {7, 0, 'b', 2, "SGX"},
    {7, 0, 'b', 7, "SMEP"},
    {7, 0, 'b', 10, "INVPCID"},
    {7, 0, 'b', 12, "PQM"},
    {7, 0, 'b', 14, "MPX"},
    {7, 0, 'b', 15, "PQE"},
    {7, 0, 'b', 20, "SMAP"},
    {7, 0, 'b', 25, "PT"},
    {7, 0, 'c', 2, "UMIP"},
    {7, 0, 'c', 3, "PKU"},
    {7, 0, 'c', 4, "OSPKE"},
    {7, 0, 'c', 7, "CET_SS"},
    {7, 0, 'c', 16, "LA57"},
    {7, 0, 'd', 20, "CET_IBT"},
    {7, 0, 'd', 24, "AMX"},
    {7, 0, 'd', 26, "IBRSB"},
    {7, 0, 'd', 29, "ARCH_CAPS"},
    {0xd, 1, 'a', 3, "XSAVES"},
    {0xd, 0, 'a', 9, "PKRU"},
    {0x80000001, 0, 'd', 26, "PAGE1GB"},
    {0x80000001, 0, 'c', 2, "SVM"},
    {0x80000001, 0, 'c', 10, "IBS"},
    {0x80000001, 0, 'c', 12, "SKINIT"},
    {0x80000001, 0, 'c', 19, "NODEID"},
    {0x80000001, 0, 'c', 22, "TOPOEXT"},
};

static uint32_t leaf_register(const struct port_cpuid *r, char reg)
{
    return reg == 'a' ? r->a : reg == 'b' ? r->b : reg == 'c' ? r->c : r->d;
}

START_TEST(hidden_features)
{
    struct bench *b = bench_start(_i & 1);

    for (unsigned int i = 0; i < ARRAY_SIZE(hidden); i++) {
        struct port_cpuid r = cpu_policy_cpuid(b->v, hidden[i].leaf, hidden[i].subleaf, false);

        ck_assert_msg(!(leaf_register(&r, hidden[i].reg) >> hidden[i].bit & 1), "%s is seen", hidden[i].name);
    }
}
END_TEST

START_TEST(shown_features)
{
    struct bench *b = bench_start(false);
    struct port_cpuid r = cpu_policy_cpuid(b->v, 1, 0, false);

    ck_assert_uint_eq(r.a, 0x306c3);
    ck_assert_uint_eq(r.b, 0x0800);
    ck_assert(r.c >> 31 && r.c >> 26 & 1 && r.c >> 28 & 1);
    ck_assert(r.d & 1u << 9 && r.d & 1u << 16 && r.d & 1u << 26); /* APIC, PAT, SSE2 */
    ck_assert(cpu_policy_cpuid(b->v, 7, 0, false).b & 1);         /* FSGSBASE */
    r = cpu_policy_cpuid(b->v, 0x80000001, 0, false);
    ck_assert(r.d & 1u << 11 && r.d & 1u << 20 && r.d & 1u << 29 && r.d & 1u << 27);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x80000008, 0, false).a, 0x3027);
}
END_TEST

START_TEST(osxsave_in_two_views)
{
    struct bench *b = bench_start(false);

    ck_assert(!(cpu_policy_cpuid(b->v, 1, 0, false).c >> 27 & 1));
    ck_assert(cpu_policy_cpuid(b->v, 1, 0, true).c >> 27 & 1);
    b->v->cpu.cr4 = 0x40000;
    ck_assert(cpu_policy_cpuid(b->v, 1, 0, false).c >> 27 & 1);
    b->v->cpu.cr4 = 0;
    bench_to_user(b);
    ck_assert(!(cpu_policy_cpuid(b->v, 1, 0, true).c >> 27 & 1));
}
END_TEST

START_TEST(leaves_that_are_empty)
{
    static const uint32_t empty[] = {
        3, 5, 6, 0xa, 0xb, 0xe, 0x20, 0x40000004, 0x40000006, 0x40000100, 0x7fffffff, 0x80000009, 0xffffffff};
    struct bench *b = bench_start(false);
    struct port_cpuid r = cpu_policy_cpuid(b->v, empty[_i], 0, false), none = {0};

    ck_assert_int_eq(memcmp(&r, &none, sizeof(r)), 0);
}
END_TEST

START_TEST(states)
{
    struct bench *b = bench_start(false);
    struct port_cpuid r = cpu_policy_cpuid(b->v, 0xd, 0, false);

    ck_assert_uint_eq(r.a, 7); /* PKRU is gone */
    ck_assert_uint_eq(r.b, 0x340);
    ck_assert_uint_eq(r.c, 0x340);
    r = cpu_policy_cpuid(b->v, 0xd, 9, false);
    ck_assert_uint_eq(r.a, 0);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0xd, 63, false).a, 0);
    ck_assert_uint_eq(cpu_policy_states(b->d->cpu_policy), 7);
}
END_TEST

START_TEST(time_leaf)
{
    struct bench *b = bench_start(false);
    struct port_cpuid r;

    ck_assert_int_eq(tsc_domain_set(b->d, 2, 0, 0, 3), 0);
    r = cpu_policy_cpuid(b->v, 0x40000003, 0, false);
    ck_assert(r.a == 6 && r.b == 2 && r.c == 1000000 && r.d == 3);
    fake_set_clock_stable(false);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 0, false).a, 4);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 1, false).c, 0x80000000);
    ck_assert_uint_ge(cpu_policy_cpuid(b->v, 0x40000005, 0, false).b, 24);
}
END_TEST

/* The clock's parameters, and a machine whose policy has no XSAVE. */
START_TEST(leaves_of_time_and_state)
{
    static const xen_cpuid_leaf_t plain = {1, XEN_CPUID_NO_SUBLEAF, 0x306c3, 0, 0, ~0u};
    struct bench *b = bench_start(false);
    struct port_cpuid r;

    b->d->tsc.offset = 0x123456789a;
    r = cpu_policy_cpuid(b->v, 0x40000003, 1, false);
    ck_assert(r.a == 0x3456789a && r.b == 0x12);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 2, false).a, port_time_tsc_khz());
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 3, false).a, 0);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000002, 0, false).b, 0x40000000);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 4, 0, false).b, 0x01c0003f);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 4, 1000, false).b, 0);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 7, 1000, false).b, 0);
    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &plain), 0);
    b->v->cpu.cr4 = 0x40000;
    ck_assert(!(cpu_policy_cpuid(b->v, 1, 0, true).c >> 27 & 1));
}
END_TEST

START_TEST(emulated_counter)
{
    struct bench *b = bench_start(false);
    struct port_clock clock;
    struct xen_domctl_tsc_info info;

    fake_set_time(5000000000);
    ck_assert_int_eq(tsc_domain_set(b->d, 3, 0, 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(tsc_domain_set(b->d, TSC_MODE_DEFAULT, 0, 0, 0), 0);
    ck_assert(!b->d->tsc.emulated);
    /* Half as fast as the machine's, and it has run for two seconds already. */
    ck_assert_int_eq(tsc_domain_set(b->d, TSC_MODE_DEFAULT, 2000000000, 500000, 7), 0);
    ck_assert(b->d->tsc.emulated);
    ck_assert_uint_eq(tsc_read(b->d), 1000000000);
    fake_set_time(5000001000);
    ck_assert_uint_eq(tsc_read(b->d), 1000000500);
    clock = tsc_clock(b->d);
    ck_assert(clock.stable && clock.tsc_stamp == 1000000500 && clock.system_time == 5000001000);
    ck_assert_uint_eq((1000000ull << clock.shift) * clock.mul >> 32, 2000000);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 0, false).a & 1, 1);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x40000003, 0, false).c, 500000);
    tsc_domain_get(b->d, &info);
    ck_assert(info.elapsed_nsec == 2000001000 && info.gtsc_khz == 500000 && info.incarnation == 7);
    /* Without a sound counter of the machine the default is to emulate; the first domain never is. */
    fake_set_clock_stable(false);
    ck_assert_int_eq(tsc_domain_set(b->d, TSC_MODE_DEFAULT, 0, 0, 0), 0);
    ck_assert(b->d->tsc.emulated);
    ck_assert_int_eq(tsc_domain_set(b->d, TSC_MODE_NEVER_EMULATE, 0, 0, 0), 0);
    ck_assert(!b->d->tsc.emulated);
    b->d->privileged = true;
    ck_assert_int_eq(tsc_domain_set(b->d, TSC_MODE_ALWAYS_EMULATE, 0, 0, 0), 0);
    ck_assert(!b->d->tsc.emulated);
}
END_TEST

/* A domain that may move to another machine must not rely on this one's counter. */
START_TEST(invariant_counter)
{
    struct bench *b = bench_start(_i);

    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x80000007, 0, false).d, _i ? 1u << 8 : 0);
    fake_set_clock_stable(false);
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 0x80000007, 0, false).d, 0);
}
END_TEST

START_TEST(through_the_arrays)
{
    struct bench *b = bench_start(false);
    xen_cpuid_leaf_t leaves[CPU_POLICY_LEAVES_MAX];
    xen_msr_entry_t msrs[CPU_POLICY_MSRS];
    struct guest_cpu_policy copy = {0};
    uint32_t count = cpu_policy_leaves(b->d->cpu_policy, leaves);

    ck_assert_uint_le(count, CPU_POLICY_LEAVES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(cpu_policy_put_leaf(&copy, &leaves[i]), 0);
    }
    ck_assert_uint_eq(cpu_policy_msrs(b->d->cpu_policy, msrs), CPU_POLICY_MSRS);
    for (uint32_t i = 0; i < CPU_POLICY_MSRS; i++) {
        ck_assert_int_eq(cpu_policy_put_msr(&copy, &msrs[i]), 0);
    }
    cpu_policy_clamp(&copy);
    ck_assert_int_eq(memcmp(&copy, b->d->cpu_policy, sizeof(copy)), 0);
}
END_TEST

START_TEST(toolstack_cannot_add)
{
    struct bench *b = bench_start(false);
    const xen_cpuid_leaf_t all = {1, XEN_CPUID_NO_SUBLEAF, 0x306c3, 0, ~0u, ~0u};
    const xen_cpuid_leaf_t less = {7, 0, 0, 0, 0, 0},
                           unknown = {0x50000000, XEN_CPUID_NO_SUBLEAF, 0, 0, 0, 0};
    const xen_cpuid_leaf_t far = {4, 1000, 1, 1, 1, 1};

    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &all), 0);
    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &less), 0);
    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &far), 0);
    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &unknown), -XEN_ERANGE);
    cpu_policy_clamp(b->d->cpu_policy);
    ck_assert(!(cpu_policy_cpuid(b->v, 1, 0, false).c >> 5 & 1));
    ck_assert_uint_eq(cpu_policy_cpuid(b->v, 7, 0, false).b, 0);
    ck_assert_int_eq(cpu_policy_put_msr(b->d->cpu_policy, &(xen_msr_entry_t){.idx = 0x10a, .val = 1}),
                     -XEN_EINVAL);
    ck_assert_int_eq(cpu_policy_put_msr(b->d->cpu_policy, &(xen_msr_entry_t){.idx = 0xce, .flags = 1}),
                     -XEN_EINVAL);
    ck_assert_int_eq(cpu_policy_put_msr(b->d->cpu_policy, &(xen_msr_entry_t){.idx = 0x10}), -XEN_ERANGE);
}
END_TEST

/* Whatever a toolstack sends, no hidden feature comes through. */
START_TEST(hostile_policies)
{
    struct bench *b = bench_start(false);

    srand(3);
    for (unsigned int round = 0; round < 500; round++) {
        static const uint32_t numbers[] = {0,   1,          4,          7,          0xb,
                                           0xd, 0x40000000, 0x80000000, 0x80000001, 0x80000008};

        for (unsigned int i = 0; i < 8; i++) {
            xen_cpuid_leaf_t leaf = {numbers[(unsigned int)rand() % 10], (uint32_t)rand() % 12, 0, 0, 0, 0};
            int ignored;

            leaf.subleaf = rand() & 1 ? leaf.subleaf : XEN_CPUID_NO_SUBLEAF;
            leaf.a = (uint32_t)rand() * 2u;
            leaf.b = (uint32_t)rand() * 3u;
            leaf.c = leaf.d = ~0u;
            ignored = cpu_policy_put_leaf(b->d->cpu_policy, &leaf);
            (void)ignored;
        }
        cpu_policy_clamp(b->d->cpu_policy);
        for (unsigned int i = 0; i < ARRAY_SIZE(hidden); i++) {
            struct port_cpuid r = cpu_policy_cpuid(b->v, hidden[i].leaf, hidden[i].subleaf, false);

            ck_assert_msg(!(leaf_register(&r, hidden[i].reg) >> hidden[i].bit & 1), "%s is seen",
                          hidden[i].name);
        }
    }
}
END_TEST

START_TEST(msrs_that_read)
{
    struct bench *b = bench_start(false);
    uint64_t value;

    fake_msr_set(0xc0000080, 0x1d01);
    fake_msr_set(0x1a0, 0x450089);
    port_set_fs_base(0x1111);
    port_set_gs_base(0x2222);
    port_set_gs_base_other(0x3333);
    ck_assert(msr_guest_read(b->v, 0xc0000100, &value) && value == 0x1111);
    ck_assert(msr_guest_read(b->v, 0xc0000101, &value) && value == 0x2222);
    ck_assert(msr_guest_read(b->v, 0xc0000102, &value) && value == 0x3333);
    ck_assert(msr_guest_read(b->v, 0xc0000080, &value) && value == 0x0d01); /* without SVME */
    ck_assert(msr_guest_read(b->v, 0x277, &value) && value == 0x0000050100070406);
    ck_assert(msr_guest_read(b->v, 0x1b, &value) && value == 0xfee00900);
    ck_assert(msr_guest_read(b->v, 0x1a0, &value) && value == 0xc11809);
    ck_assert(msr_guest_read(b->v, 0x40000000, &value) && value == 0);
    ck_assert(msr_guest_read(b->v, 0x345, &value) && value == 0);
    ck_assert(!msr_guest_read(b->v, 0xc0010015, &value)); /* AMD's */
    ck_assert(!msr_guest_read(b->v, 0xc0000082, &value)); /* LSTAR is not the guest's */
    ck_assert(!msr_guest_read(b->v, 0x48, &value));
    ck_assert(!msr_guest_read(b->v, 0xfe, &value));
}
END_TEST

START_TEST(msr_before_a_handler)
{
    struct bench *b = bench_start(false);
    uint64_t value = 1;

    fake_msr_set(0x123, 77);
    ck_assert(!msr_guest_read(b->v, 0x123, &value));
    b->v->cpu.traps[13].address = 0;
    ck_assert(msr_guest_read(b->v, 0x123, &value) && value == 0);
    ck_assert(!msr_guest_read(b->v, 0x124, &value));
}
END_TEST

START_TEST(msrs_that_write)
{
    struct bench *b = bench_start(false);
    uint64_t value;

    fake_msr_set(0xc0000080, 0xd01);
    fake_msr_set(0xc0000082, 5);
    fake_msr_set(0xc0000103, 0);
    ck_assert(msr_guest_write(b->v, 0xc0000101, 0xffffffff82000000));
    ck_assert_uint_eq(port_gs_base(), 0xffffffff82000000);
    ck_assert(!msr_guest_write(b->v, 0xc0000101, 0x0000900000000000));
    ck_assert(msr_guest_write(b->v, 0xc0000080, 0xd01));
    ck_assert(!msr_guest_write(b->v, 0xc0000080, 0xd00));
    ck_assert(!msr_guest_write(b->v, 0x277, 0x0007040600070406));
    ck_assert(!msr_guest_write(b->v, 0xc0000082, 1));
    ck_assert(fake_msr_get(0xc0000082, &value) && value == 5);
    ck_assert(msr_guest_write(b->v, 0x8b, 0));
    ck_assert(!msr_guest_write(b->v, 0x8b, 1));
    ck_assert(msr_guest_write(b->v, 0xc0000103, 9));
    ck_assert(b->v->cpu.tsc_aux == 9 && fake_msr_get(0xc0000103, &value) && value == 9);
    ck_assert(!msr_guest_write(b->v, 0xc0000103, 1ull << 32));
    ck_assert(!msr_guest_write(b->v, 0x40000000, (FAKE_RAM_FIRST + 2) << 12)); /* not the guest's frame */
}
END_TEST

TCase *cpu_policy_tests(void)
{
    TCase *tests = tcase_create("policy");

    tcase_add_loop_test(tests, hidden_features, 0, 2);
    tcase_add_test(tests, shown_features);
    tcase_add_test(tests, osxsave_in_two_views);
    tcase_add_loop_test(tests, leaves_that_are_empty, 0, 13);
    tcase_add_test(tests, states);
    tcase_add_test(tests, time_leaf);
    tcase_add_test(tests, leaves_of_time_and_state);
    tcase_add_test(tests, emulated_counter);
    tcase_add_loop_test(tests, invariant_counter, 0, 2);
    tcase_add_test(tests, through_the_arrays);
    tcase_add_test(tests, toolstack_cannot_add);
    tcase_add_test(tests, hostile_policies);
    tcase_add_test(tests, msrs_that_read);
    tcase_add_test(tests, msr_before_a_handler);
    tcase_add_test(tests, msrs_that_write);
    return tests;
}
