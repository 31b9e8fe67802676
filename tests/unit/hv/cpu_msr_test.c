/* SPDX-License-Identifier: MIT */
/* Tests of MSRs by their families: machine checks, what AMD tells of memory, bases, the hypercall page. */
#include <check.h>

#include "core/cpu_policy.h"
#include "core/frame.h"
#include "core/msr.h"
#include "core/page_type.h"
#include "cpu_bench.h"
#include "cpu_suites.h"

#define MCG_CAP     0x179u
#define MCG_STATUS  0x17au
#define MCG_CTL     0x17bu
#define MC0_CTL2    0x280u
#define MC0_CTL     0x400u
#define SYSCFG      0xc0010010u
#define TOP_MEM     0xc001001au
#define TOP_MEM2    0xc001001du
#define TSEG_MASK   0xc0010113u
#define DE_CFG      0xc0011029u
#define HWCR        0xc0010015u
#define PATCH_LEVEL 0x8bu
#define PLATFORM_ID 0x17u
#define PLATFORM    0xceu
#define FS_BASE     0xc0000100u
#define KERNEL_GS   0xc0000102u
#define TSC_AUX     0xc0000103u
#define PAGE_MSR    0x40000000u
#define IRET_SLOT   (23u * 32u)
#define SCHED_OP    29u
#define OPCODE_INT3 0xccu

/* The same machine as if AMD had made it. */
static struct bench *amd_start(bool privileged)
{
    static const xen_cpuid_leaf_t maker = {0, XEN_CPUID_NO_SUBLEAF, 0xd, 0x68747541, 0x444d4163, 0x69746e65};
    struct bench *b = bench_start(privileged);

    ck_assert_int_eq(cpu_policy_put_leaf(b->d->cpu_policy, &maker), 0);
    return b;
}

static uint64_t read_msr(struct bench *b, uint32_t msr)
{
    uint64_t value = 0x5555;

    ck_assert_msg(msr_guest_read(b->v, msr, &value), "MSR %#x cannot be read", msr);
    return value;
}

START_TEST(machine_checks)
{
    struct bench *b = bench_start(false);

    ck_assert_uint_eq(read_msr(b, MCG_CAP), 0x1000c02); /* two banks, CMCI, TES, SER */
    ck_assert(msr_guest_write(b->v, MCG_STATUS, 5));
    ck_assert_uint_eq(read_msr(b, MCG_STATUS), 5);
    ck_assert_uint_eq(read_msr(b, MCG_CTL), 0);
    for (unsigned int bank = 0; bank < 2; bank++) {
        uint32_t first = MC0_CTL + 4 * bank;

        ck_assert(msr_guest_write(b->v, first, 1));
        ck_assert_uint_eq(read_msr(b, first), ~0ull); /* all kinds of errors are asked for, and stay so */
        for (uint32_t msr = first + 1; msr < first + 4; msr++) {
            ck_assert(msr_guest_write(b->v, msr, 0));
            ck_assert(!msr_guest_write(b->v, msr, 1)); /* no report can be made */
            ck_assert_uint_eq(read_msr(b, msr), 0);
        }
        ck_assert(msr_guest_write(b->v, MC0_CTL2 + bank, 0x40000001 + bank));
        ck_assert_uint_eq(read_msr(b, MC0_CTL2 + bank), 0x40000001 + bank);
    }
}
END_TEST

/* Banks that there are not read 0 and keep nothing; behind the last one nothing is. */
START_TEST(machine_checks_of_other_banks)
{
    struct bench *b = bench_start(false);
    uint64_t value;

    ck_assert(msr_guest_write(b->v, MC0_CTL + 8, 7));
    ck_assert_uint_eq(read_msr(b, MC0_CTL + 8), 0);
    ck_assert(msr_guest_write(b->v, MC0_CTL2 + 2, 7));
    ck_assert_uint_eq(read_msr(b, MC0_CTL2 + 2), 0);
    ck_assert_uint_eq(read_msr(b, 0x47f), 0);
    ck_assert(!msr_guest_read(b->v, 0x480, &value) && !msr_guest_write(b->v, 0x480, 0));
    ck_assert(!msr_guest_read(b->v, 0x2a0, &value) && !msr_guest_write(b->v, 0x2a0, 0));
    ck_assert_uint_eq(b->v->cpu.mce_ctl2[0] | b->v->cpu.mce_ctl2[1] | b->v->cpu.mce_status, 0);
}
END_TEST

START_TEST(machine_checks_of_amd)
{
    struct bench *b = amd_start(false);

    ck_assert_uint_eq(read_msr(b, MCG_CAP), 2);
    ck_assert(msr_guest_write(b->v, MC0_CTL2, 7));
    ck_assert_uint_eq(read_msr(b, MC0_CTL2), 0);
}
END_TEST

START_TEST(memory_map_of_amd)
{
    struct bench *b = amd_start(true);
    uint64_t value = 1;

    ck_assert(!msr_guest_read(b->v, TOP_MEM, &value)); /* the machine has none */
    fake_msr_set(SYSCFG, ~0ull);
    fake_msr_set(TOP_MEM, 0xc0000000);
    fake_msr_set(TOP_MEM2, 0x240000000);
    ck_assert_uint_eq(read_msr(b, SYSCFG), 0x740000);
    ck_assert_uint_eq(read_msr(b, TOP_MEM), 0xc0000000);
    ck_assert_uint_eq(read_msr(b, TOP_MEM2), 0x240000000);
    ck_assert(!msr_guest_write(b->v, TOP_MEM, 0xc0000000));
    b->d->privileged = false; /* a guest is not to know */
    ck_assert_uint_eq(read_msr(b, SYSCFG), 0);
    ck_assert_uint_eq(read_msr(b, TOP_MEM), 0);
    ck_assert_uint_eq(read_msr(b, TSEG_MASK), 0);
}
END_TEST

START_TEST(memory_map_is_not_intels)
{
    struct bench *b = bench_start(true);
    uint64_t value;

    fake_msr_set(TOP_MEM, 0xc0000000);
    ck_assert(!msr_guest_read(b->v, TOP_MEM, &value));
    ck_assert(!msr_guest_read(b->v, DE_CFG, &value));
}
END_TEST

START_TEST(constants_of_amd)
{
    struct bench *b = amd_start(false);

    ck_assert_uint_eq(read_msr(b, DE_CFG), 2);
    ck_assert(msr_guest_write(b->v, DE_CFG, 0));
    ck_assert_uint_eq(read_msr(b, DE_CFG), 2);
    ck_assert_uint_eq(read_msr(b, HWCR), 0);
    ck_assert(msr_guest_write(b->v, HWCR, ~0ull));
    ck_assert_uint_eq(read_msr(b, HWCR), 0);
}
END_TEST

START_TEST(who_made_the_machine)
{
    struct bench *b = _i ? amd_start(false) : bench_start(false);
    uint64_t value;

    fake_msr_set(PATCH_LEVEL, 0x1100000000);
    fake_msr_set(PLATFORM_ID, 0x4000000000000);
    ck_assert_uint_eq(read_msr(b, PATCH_LEVEL), 0x1100000000);
    ck_assert(msr_guest_write(b->v, PATCH_LEVEL, 0) == !_i);
    ck_assert(msr_guest_read(b->v, PLATFORM_ID, &value) == !_i);
    ck_assert_uint_eq(read_msr(b, PLATFORM), b->d->cpu_policy->platform_info);
    ck_assert_uint_eq(read_msr(b, 0x10), tsc_read(b->d));
}
END_TEST

START_TEST(bases)
{
    struct bench *b = bench_start(false);

    ck_assert(msr_guest_write(b->v, FS_BASE, 0x7fffffffffff));
    ck_assert(msr_guest_write(b->v, KERNEL_GS, 0xffff800000000000));
    ck_assert_uint_eq(port_fs_base(), 0x7fffffffffff);
    ck_assert_uint_eq(port_gs_base_other(), 0xffff800000000000);
    ck_assert(!msr_guest_write(b->v, FS_BASE, 0x800000000000));
    ck_assert(!msr_guest_write(b->v, KERNEL_GS, 0xffff7fffffffffff));
    ck_assert_uint_eq(port_fs_base(), 0x7fffffffffff);
    ck_assert(!msr_guest_write(b->v, TSC_AUX, 1)); /* the machine has no such MSR */
    ck_assert_uint_eq(b->v->cpu.tsc_aux, 0);
}
END_TEST

START_TEST(hypercall_page)
{
    static const uint8_t slot[] = {0x51, 0x41, 0x53, 0xb8, SCHED_OP, 0,    0,
                                   0,    0x0f, 0x05, 0x41, 0x5b,     0x59, 0xc3};
    struct bench *b = bench_start(false);
    const uint8_t *page;
    mfn_t frame;

    ck_assert_int_eq(mm_alloc(b->d, 0, 0, &frame), 0);
    ck_assert(!msr_guest_write(b->v, PAGE_MSR,
                               frame.n << PAGE_SHIFT | 1)); /* a page of a number: there is one only */
    ck_assert(msr_guest_write(b->v, PAGE_MSR, frame.n << PAGE_SHIFT));
    ck_assert(!frame_type_in_use(frame));
    page = port_map_frame(frame);
    ck_assert_mem_eq(page + SCHED_OP * 32, slot, sizeof(slot));
    ck_assert_uint_eq(page[SCHED_OP * 32 + sizeof(slot)], OPCODE_INT3);
    ck_assert_uint_eq(page[IRET_SLOT + 3], 0x50); /* rax goes along */
    ck_assert_uint_eq(page[IRET_SLOT + 5], 23);
    ck_assert_uint_eq(page[IRET_SLOT + 11], OPCODE_INT3);
    port_unmap_frame(page);
    /* Nor into what is used as descriptors, or is not there at all. */
    ck_assert(!msr_guest_write(b->v, PAGE_MSR, b->v->cpu.gdt_frames[0].n << PAGE_SHIFT));
    ck_assert(!msr_guest_write(b->v, PAGE_MSR, 1ull << 51));
}
END_TEST

TCase *cpu_msr_tests(void)
{
    TCase *tests = tcase_create("msr");

    tcase_add_test(tests, machine_checks);
    tcase_add_test(tests, machine_checks_of_other_banks);
    tcase_add_test(tests, machine_checks_of_amd);
    tcase_add_test(tests, memory_map_of_amd);
    tcase_add_test(tests, memory_map_is_not_intels);
    tcase_add_test(tests, constants_of_amd);
    tcase_add_loop_test(tests, who_made_the_machine, 0, 2);
    tcase_add_test(tests, bases);
    tcase_add_test(tests, hypercall_page);
    return tests;
}
