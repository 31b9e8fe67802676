/* SPDX-License-Identifier: MIT */
/* Tests of the builder's arithmetic: layouts keep the promises of the interface, and the tables map what they
 * say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/layout.h"
#include "lib/tables.h"
#include "suites.h"

#define PAGE 4096ULL
#define MIB  (1ULL << 20)
#define BASE 0xffffffff80000000ULL
/* Machine frames are told from pseudo-physical ones by this. */
#define MACHINE    0x100000ULL
#define FRAME_MASK 0x000ffffffffff000ULL

static struct pv_error error;
static struct pv_layout layout;

static struct pv_layout_input linux_input(uint64_t pages, uint64_t ramdisk)
{
    return (struct pv_layout_input){.virt_base = BASE,
                                    .kernel_start = BASE + 16 * MIB,
                                    .kernel_end = BASE + 74 * MIB,
                                    .ramdisk_size = ramdisk,
                                    .ramdisk_by_frame = true,
                                    .has_init_p2m = true,
                                    .init_p2m = 0x8000000000ULL,
                                    .pages = pages};
}

static struct pv_layout_input plain_input(uint64_t base, uint64_t pages, uint64_t ramdisk)
{
    return (struct pv_layout_input){.virt_base = base,
                                    .kernel_start = base + MIB,
                                    .kernel_end = base + MIB + 0x12345,
                                    .ramdisk_size = ramdisk,
                                    .pages = pages};
}

/* What the interface promises of every layout. */
static void check_promises(const struct pv_layout_input *input)
{
    uint64_t mapped = (layout.main.end - layout.main.start) / PAGE;

    ck_assert_uint_eq(layout.main.start, input->virt_base);
    ck_assert_uint_eq(layout.main.end % (4 * MIB), 0);
    ck_assert_uint_ge(layout.main.end - pv_layout_address(&layout, layout.boot_stack + 1), 512 * 1024);
    ck_assert_uint_lt(layout.main.end - pv_layout_address(&layout, layout.boot_stack + 1),
                      512 * 1024 + 4 * MIB);
    ck_assert_uint_eq(layout.store_ring, layout.start_info + 1);
    ck_assert_uint_eq(layout.console_ring, layout.start_info + 2);
    ck_assert_uint_eq(layout.page_tables.first, layout.start_info + 3);
    ck_assert_uint_eq(layout.boot_stack, layout.page_tables.first + layout.page_tables.count);
    ck_assert_uint_lt(layout.boot_stack, mapped);
    ck_assert_uint_le(layout.end, layout.pages);
    if (layout.p2m_apart) {
        ck_assert_uint_eq(layout.p2m_all.first, mapped);
        ck_assert_uint_ge(layout.p2m.count * 512, layout.pages);
    } else {
        ck_assert_uint_le(layout.p2m.first + layout.p2m.count, layout.start_info);
    }
}

static uint64_t *table_of(void *argument, uint64_t frame)
{
    uint64_t **tables = argument;

    if (!tables[frame]) {
        tables[frame] = calloc(512, sizeof(uint64_t));
    }
    return tables[frame];
}

/* Walks the tables for an address as a CPU would. Returns the last entry, or 0. */
static uint64_t walk(uint64_t **tables, uint64_t address)
{
    uint64_t frame = layout.page_tables.first, entry = 0;

    for (int shift = 39; shift >= 12; shift -= 9) {
        ck_assert_ptr_nonnull(tables[frame]);
        entry = tables[frame][address >> shift & 511];
        if (!(entry & 1)) {
            return 0;
        }
        frame = (entry & FRAME_MASK) / PAGE - MACHINE;
    }
    return entry;
}

static bool is_table(uint64_t **tables, uint64_t frame)
{
    return tables[frame] != NULL;
}

/* Each page of the range is mapped to its frame, user, and read-only exactly where it is a page table. */
static void check_range(uint64_t **tables, uint64_t start, uint64_t end, uint64_t frame)
{
    for (uint64_t address = start; address < end; address += PAGE, frame++) {
        uint64_t entry = walk(tables, address);

        ck_assert_uint_eq((entry & FRAME_MASK) / PAGE, MACHINE + frame);
        ck_assert(entry & 4);
        ck_assert_int_eq((entry & 2) == 0, is_table(tables, frame));
    }
    ck_assert_uint_eq(walk(tables, end), 0);
    ck_assert(start == 0 || walk(tables, start - PAGE) == 0);
}

static void check_tables(void)
{
    uint64_t **tables = calloc(layout.pages, sizeof(*tables));
    uint64_t *p2m = calloc(layout.pages, sizeof(*p2m));
    uint64_t used = 0;

    for (uint64_t i = 0; i < layout.pages; i++) {
        p2m[i] = MACHINE + i;
    }
    pv_tables_fill(&layout, p2m, table_of, tables);
    check_range(tables, layout.main.start, layout.main.end, 0);
    if (layout.p2m_apart) {
        check_range(tables, layout.p2m_map.start, layout.p2m_map.end, layout.p2m.first);
    }
    for (uint64_t i = 0; i < layout.pages; i++) {
        used += tables[i] != NULL;
        free(tables[i]);
    }
    ck_assert_uint_eq(used, layout.page_tables.count +
                                (layout.p2m_apart ? layout.p2m_all.count - layout.p2m.count : 0));
    free(tables);
    free(p2m);
}

static void check_layout(struct pv_layout_input input)
{
    ck_assert_msg(pv_layout_make(&input, &layout, &error) == 0, "%s", error.message);
    check_promises(&input);
    check_tables();
}

START_TEST(linux_guests)
{
    check_layout(linux_input(128 * 256, 0));
    ck_assert(layout.p2m_apart);
    check_layout(linux_input(256 * 256, 2438857));
    ck_assert_uint_eq(layout.ramdisk.count, 596);
    ck_assert_uint_eq(layout.ramdisk.first, layout.p2m_all.first + layout.p2m_all.count);
    check_layout(linux_input(256 * 256 + 1, 1));
    check_layout(linux_input(4096 * 256ULL, 300 * MIB));
}
END_TEST

START_TEST(plain_guests)
{
    check_layout(plain_input(0, 32 * 256, 0));
    ck_assert(!layout.p2m_apart);
    check_layout(plain_input(0, 32 * 256, 5 * MIB + 1));
    ck_assert_uint_eq(layout.ramdisk.first, layout.kernel.first + layout.kernel.count);
    check_layout(plain_input(0x7fe00000, 32 * 256, 0));
    check_layout(plain_input(0x7fffc00000, 64 * 256, 10 * MIB));
    check_layout(plain_input(BASE, 1024 * 256, 100 * MIB));
}
END_TEST

/* Ramdisks of each size around those where one more table or 4 MiB more are needed. */
START_TEST(edges)
{
    for (uint64_t kib = 0; kib < 10 * 1024; kib += 100) {
        struct pv_layout_input input = plain_input(0x3fc00000, 64 * 256, kib * 1024);

        ck_assert_int_eq(pv_layout_make(&input, &layout, &error), 0);
        check_promises(&input);
        ck_assert_uint_eq(layout.page_tables.count, 1 + layout.main.tables[1].count +
                                                        layout.main.tables[2].count +
                                                        layout.main.tables[3].count);
    }
}
END_TEST

START_TEST(init_p2m_refused)
{
    struct pv_layout_input input = linux_input(256 * 256, 0);

    input.init_p2m = 0x8000000008ULL; /* no page */
    check_layout(input);
    ck_assert(!layout.p2m_apart);
    input.init_p2m = 0xffff800000000000ULL; /* the hypervisor's */
    check_layout(input);
    ck_assert(!layout.p2m_apart);
    input.init_p2m = 0x7ffffffff000ULL; /* grows into the hole */
    check_layout(input);
    ck_assert(!layout.p2m_apart);
    input.init_p2m = BASE + 512 * MIB; /* above the base */
    check_layout(input);
    ck_assert(!layout.p2m_apart);
    input.init_p2m = BASE - MIB; /* shares an L4 entry with the kernel */
    check_layout(input);
    ck_assert(!layout.p2m_apart);
}
END_TEST

START_TEST(too_small)
{
    struct pv_layout_input input = linux_input(64 * 256, 0);

    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    ck_assert_int_eq(error.class, PV_ERROR_RESOURCES);
    input = linux_input(256 * 256, 200 * MIB);
    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "and the domain has 256"));
}
END_TEST

START_TEST(nonsense)
{
    struct pv_layout_input input = linux_input(256 * 256, UINT64_MAX - 5);

    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    input = linux_input(UINT64_MAX / 2, 0);
    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    input = linux_input(256 * 256, 0);
    input.kernel_end = input.kernel_start;
    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    input = linux_input(256 * 256, 0);
    input.kernel_start = BASE - PAGE;
    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
    /* A mapped ramdisk that would leave the top of the address space. */
    input = linux_input(8192 * 256ULL, 2047 * MIB);
    input.ramdisk_by_frame = false;
    ck_assert_int_eq(pv_layout_make(&input, &layout, &error), -1);
}
END_TEST

START_TEST(counts)
{
    ck_assert_uint_eq(pv_layout_tables(0, PAGE, 1), 1);
    ck_assert_uint_eq(pv_layout_tables(0, 2 * MIB, 1), 1);
    ck_assert_uint_eq(pv_layout_tables(0, 2 * MIB + PAGE, 1), 2);
    ck_assert_uint_eq(pv_layout_tables(2 * MIB - PAGE, 2 * MIB + PAGE, 1), 2);
    ck_assert_uint_eq(pv_layout_tables(BASE, BASE + 1024 * MIB, 2), 1);
    ck_assert_uint_eq(pv_layout_tables(BASE, BASE + 1024 * MIB + PAGE, 2), 2);
    ck_assert_uint_eq(pv_layout_tables(BASE, BASE + 1024 * MIB, 3), 1);
}
END_TEST

Suite *layout_suite(void)
{
    Suite *suite = suite_create("builder layout");
    TCase *tests = tcase_create("layout");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, linux_guests);
    tcase_add_test(tests, plain_guests);
    tcase_add_test(tests, edges);
    tcase_add_test(tests, init_p2m_refused);
    tcase_add_test(tests, too_small);
    tcase_add_test(tests, nonsense);
    tcase_add_test(tests, counts);
    suite_add_tcase(suite, tests);
    return suite;
}
