/* SPDX-License-Identifier: MIT */
/*
 * Tests of what reads a boot loader's structures: each protocol as it is, cut off and damaged; memory maps
 * whose entries overlap; archives as modules; the list of ranges that boot's allocator is made of.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot_info.h"
#include "lib/extents.h"

#define MEMORY_SIZE 0x8000u
#define MIB         0x100000ull

/* What the loader left in memory: addresses count from 0. The end is where reads must not go. */
static uint8_t *memory;
static uint32_t memory_size;
static struct boot_info info;

static const void *view(uint64_t physical, uint64_t length)
{
    return physical <= memory_size && length <= memory_size - physical ? memory + physical : NULL;
}

static void set_up(void)
{
    memory = calloc(1, MEMORY_SIZE);
    memory_size = MEMORY_SIZE;
    memset(&info, 0, sizeof(info));
}

static void tear_down(void)
{
    free(memory);
}

static void put32(uint32_t at, uint32_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

static void put64(uint32_t at, uint64_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

static void put_text(uint32_t at, const char *text)
{
    memcpy(memory + at, text, strlen(text) + 1);
}

/* A multiboot 1 machine of 64 MiB with two modules. */
static void make_multiboot1(void)
{
    put32(0x100, 1u << 2 | 1u << 3 | 1u << 6);
    put32(0x110, 0x200); /* line */
    put_text(0x200, "parvis.elf32 loglvl=debug -- quiet splash");
    put32(0x114, 2);
    put32(0x118, 0x300); /* modules */
    put32(0x300, 0x1000);
    put32(0x304, 0x1800);
    put32(0x308, 0x280);
    put_text(0x280, "/boot/kernel  console=hvc0");
    put32(0x310, 0x2000);
    put32(0x314, 0x2800);
    put32(0x12c, 2 * 24); /* map */
    put32(0x130, 0x400);
    put32(0x400, 20);
    put64(0x404, MIB);
    put64(0x40c, 63 * MIB);
    put32(0x414, 1);
    put32(0x418, 20);
    put64(0x41c, 0);
    put64(0x424, 0x9fc00);
    put32(0x42c, 1);
}

START_TEST(multiboot1)
{
    make_multiboot1();
    ck_assert_ptr_null(boot_info_read(&info, BOOT_MAGIC_MULTIBOOT1, 0x100, view));
    ck_assert_str_eq(info.line, "loglvl=debug ");
    ck_assert_str_eq(info.kernel_line, "quiet splash");
    ck_assert_uint_eq(info.module_count, 2);
    ck_assert_str_eq(info.modules[0].line, "console=hvc0");
    ck_assert_uint_eq(info.modules[1].start, 0x2000);
    ck_assert_uint_eq(info.modules[1].end, 0x2800);
    ck_assert_uint_eq(info.memory_count, 2);
    ck_assert_uint_eq(info.memory[0].start, 0);
    ck_assert_uint_eq(info.memory[1].length, 63 * MIB);
    ck_assert_uint_eq(info.efi.system_table, 0);
}
END_TEST

START_TEST(multiboot1_without_map)
{
    make_multiboot1();
    put32(0x100, 1u << 2);
    ck_assert_ptr_nonnull(boot_info_read(&info, BOOT_MAGIC_MULTIBOOT1, 0x100, view));
}
END_TEST

static uint32_t tag_at;

/* Begins a tag of multiboot 2 with so many bytes of content; returns where they go. */
static uint32_t tag(uint32_t type, uint32_t content)
{
    uint32_t at = tag_at;

    put32(at, type);
    put32(at + 4, 8 + content);
    tag_at += (8 + content + 7) / 8 * 8;
    put32(0x100, tag_at - 0x100);
    return at + 8;
}

static void make_multiboot2(void)
{
    uint32_t at;

    tag_at = 0x108;
    put_text(tag(1, 14), "loglvl=all --");
    at = tag(3, 8 + 6);
    put32(at, 0x1000);
    put32(at + 4, 0x1800);
    put_text(at + 8, "quiet");
    at = tag(6, 8 + 24);
    put32(at, 24);
    put64(at + 8, MIB);
    put64(at + 16, 63 * MIB);
    put32(at + 24, 1);
    at = tag(15, 36);
    put_text(at, "RSD PTR new");
    at = tag(14, 20);
    put_text(at, "RSD PTR old");
    put64(tag(12, 8), 0x7f0018);
    at = tag(17, 8 + 48);
    put32(at, 48);
    put32(at + 8, 9);
    put64(at + 16, 0x7f00000);
    put64(at + 32, 16);
    put64(at + 40, 15);
    tag(0, 0);
}

START_TEST(multiboot2)
{
    make_multiboot2();
    ck_assert_ptr_null(boot_info_read(&info, BOOT_MAGIC_MULTIBOOT2, 0x100, view));
    ck_assert_str_eq(info.line, "loglvl=all ");
    ck_assert_str_eq(info.kernel_line, "");
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert_str_eq(info.modules[0].line, "quiet");
    ck_assert_uint_eq(info.memory_count, 1);
    /* ACPI 2's root pointer wins, whatever their order. */
    ck_assert_uint_eq(info.rsdp_size, 36);
    ck_assert_str_eq((const char *)info.rsdp_copy, "RSD PTR new");
    ck_assert_uint_eq(info.efi.system_table, 0x7f0018);
    ck_assert_uint_eq(info.efi.memory_count, 1);
    ck_assert_uint_eq(info.efi.memory[0].start, 0x7f00000);
    ck_assert_uint_eq(info.efi.memory[0].pages, 16);
    ck_assert_uint_eq(info.efi.memory[0].attributes, 15);
    ck_assert_uint_eq(info.efi.memory[0].type, 9);
}
END_TEST

/* Tags whose sizes lie: too short for what they should hold, or longer than the whole. */
START_TEST(multiboot2_tags_lie)
{
    for (uint32_t size = 0; size < 40; size++) {
        static const uint32_t types[] = {1, 3, 6, 12, 14, 15, 17};

        for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            tag_at = 0x108;
            memset(memory, 0xff, MEMORY_SIZE);
            put32(tag(types[i], 0) - 4, size);
            put32(0x100, 8 + (_i ? 0xffffff : size + 8));
            memset(&info, 0, sizeof(info));
            (void)!boot_info_read(&info, BOOT_MAGIC_MULTIBOOT2, 0x100, view);
        }
    }
}
END_TEST

static void make_pvh(void)
{
    put32(0x100, BOOT_MAGIC_PVH);
    put32(0x104, 1);
    put32(0x10c, 1);
    put64(0x110, 0x200); /* modules */
    put64(0x118, 0x300); /* line */
    put64(0x120, 0xf5a0);
    put64(0x128, 0x400); /* map */
    put32(0x130, 1);
    put64(0x200, 0x1000);
    put64(0x208, 0x800);
    put64(0x210, 0x340);
    put_text(0x300, "-- root=/dev/xvda");
    put_text(0x340, "quiet");
    put64(0x400, MIB);
    put64(0x408, 63 * MIB);
    put32(0x410, 1);
}

START_TEST(pvh)
{
    make_pvh();
    ck_assert_ptr_null(boot_info_read(&info, BOOT_MAGIC_PVH, 0x100, view));
    ck_assert_str_eq(info.line, "");
    ck_assert_str_eq(info.kernel_line, "root=/dev/xvda");
    ck_assert_uint_eq(info.rsdp, 0xf5a0);
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert_uint_eq(info.modules[0].end, 0x1800);
    ck_assert_str_eq(info.modules[0].line, "quiet");
    ck_assert_uint_eq(info.memory_count, 1);
}
END_TEST

START_TEST(pvh_refused)
{
    make_pvh();
    put32(0x104, 0); /* version 0 has no map */
    ck_assert_ptr_nonnull(boot_info_read(&info, BOOT_MAGIC_PVH, 0x100, view));
    put32(0x104, 1);
    put32(0x100, 0);
    ck_assert_ptr_nonnull(boot_info_read(&info, BOOT_MAGIC_PVH, 0x100, view));
    ck_assert_ptr_nonnull(boot_info_read(&info, BOOT_MAGIC_PVH, MEMORY_SIZE - 4, view));
    ck_assert_ptr_nonnull(boot_info_read(&info, 0, 0x100, view));
}
END_TEST

/* With memory that ends anywhere, nothing behind the end is read (the sanitizer sees it). */
START_TEST(cut_anywhere)
{
    for (uint32_t end = 0; end < 0x440; end++) {
        static const uint32_t magics[] = {BOOT_MAGIC_MULTIBOOT1, BOOT_MAGIC_MULTIBOOT2, BOOT_MAGIC_PVH};
        uint8_t *whole = memory;

        memset(memory, 0, MEMORY_SIZE);
        _i == 0 ? make_multiboot1() : _i == 1 ? make_multiboot2() : make_pvh();
        memory = malloc(end + 1);
        memcpy(memory, whole, end);
        memory_size = end;
        memset(&info, 0, sizeof(info));
        (void)!boot_info_read(&info, magics[_i], 0x100, view);
        free(memory);
        memory = whole;
        memory_size = MEMORY_SIZE;
    }
}
END_TEST

START_TEST(map_overlaps)
{
    struct boot_memory map[BOOT_MEMORY_MAX] = {
        {0x10000, 0x10000, 1}, {0x8000, 0x10000, 1}, /* RAM twice */
        {0x12000, 0x1000, 2},                        /* reserved within it */
        {0x20000, 0x1000, 1},                        /* touches */
        {0x40000, 0x2000, 3},  {0x41000, 0x2000, 4}, /* the higher type has it */
    };
    unsigned int count = 6;
    static const struct boot_memory wanted[] = {{0x8000, 0xa000, 1},
                                                {0x12000, 0x1000, 2},
                                                {0x13000, 0xe000, 1},
                                                {0x40000, 0x1000, 3},
                                                {0x41000, 0x2000, 4}};

    ck_assert(boot_memory_sort(map, &count, BOOT_MEMORY_MAX));
    ck_assert_uint_eq(count, 5);
    for (unsigned int i = 0; i < count; i++) {
        ck_assert_uint_eq(map[i].start, wanted[i].start);
        ck_assert_uint_eq(map[i].length, wanted[i].length);
        ck_assert_uint_eq(map[i].type, wanted[i].type);
    }
    count = 5;
    ck_assert(!boot_memory_sort(map, &count, 4));
}
END_TEST

/* Against the plainest way to say it: the type of each page. */
START_TEST(map_random)
{
    srand((unsigned int)_i);
    for (int round = 0; round < 300; round++) {
        struct boot_memory map[BOOT_MEMORY_MAX];
        unsigned int count = 1 + (unsigned int)rand() % 12;
        uint32_t types[64] = {0}, found[64] = {0};

        for (unsigned int i = 0; i < count; i++) {
            uint64_t start = (uint64_t)rand() % 60, length = 1 + (uint64_t)rand() % (63 - start);

            map[i] = (struct boot_memory){start << 12, length << 12, 1 + (uint32_t)rand() % 4};
            for (uint64_t p = start; p < start + length; p++) {
                types[p] = types[p] > map[i].type ? types[p] : map[i].type;
            }
        }
        ck_assert(boot_memory_sort(map, &count, BOOT_MEMORY_MAX));
        for (unsigned int i = 0; i < count; i++) {
            ck_assert(i == 0 || map[i - 1].start + map[i - 1].length <= map[i].start);
            for (uint64_t p = map[i].start >> 12; p < (map[i].start + map[i].length) >> 12; p++) {
                found[p] = map[i].type;
            }
        }
        ck_assert_mem_eq(types, found, sizeof(types));
    }
}
END_TEST

static uint32_t put_member(uint32_t at, const char *name, uint32_t mode, const char *content)
{
    uint32_t length = (uint32_t)strlen(content), name_size = (uint32_t)strlen(name) + 1;

    snprintf((char *)memory + at, 111, "070701%08x%08X%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode,
             0, 0, 1, 0, length, 0, 0, 0, 0, name_size, 0);
    put_text(at + 110, name);
    at += (110 + name_size + 3) / 4 * 4;
    memcpy(memory + at, content, length);
    return at + (length + 3) / 4 * 4;
}

static void make_archive(void)
{
    uint32_t at = 0x1000;

    memset(&info, 0, sizeof(info));
    at = put_member(at, ".", 040755, "");
    at = put_member(at, "kernel", 0100644, "the kernel");
    at = put_member(at, "initrd", 0100644, "the initrd's content");
    at = put_member(at, "TRAILER!!!", 0, "");
    boot_info_add_module(&info, 0x1000, at, "console=hvc0");
    boot_info_add_module(&info, 0x3000, 0x3100, "another");
}

START_TEST(archive)
{
    make_archive();
    ck_assert_ptr_null(boot_info_open_archive(&info, view));
    ck_assert_uint_eq(info.module_count, 3);
    ck_assert_uint_eq(info.modules[0].end - info.modules[0].start, strlen("the kernel"));
    ck_assert_mem_eq(memory + info.modules[0].start, "the kernel", strlen("the kernel"));
    ck_assert_str_eq(info.modules[0].line, "console=hvc0");
    ck_assert_mem_eq(memory + info.modules[1].start, "the initrd's content", strlen("the initrd's content"));
    ck_assert_str_eq(info.modules[1].line, "");
    ck_assert_uint_eq(info.modules[2].start, 0x3000);
    ck_assert_str_eq(info.modules[2].line, "another");
}
END_TEST

START_TEST(archive_damaged)
{
    uint64_t end;

    make_archive();
    end = info.modules[0].end;
    for (uint64_t at = 0x1000 + 110; at < end - 120; at++) {
        make_archive();
        info.modules[0].end = at;
        ck_assert_ptr_nonnull(boot_info_open_archive(&info, view));
    }
    srand(1);
    for (int round = 0; round < 3000; round++) {
        make_archive();
        memory[0x1000 + (unsigned int)rand() % (end - 0x1000)] = (uint8_t)rand();
        (void)!boot_info_open_archive(&info, view);
        for (unsigned int i = 0; i < info.module_count; i++) {
            ck_assert_uint_le(info.modules[i].start, info.modules[i].end);
            ck_assert_uint_le(info.modules[i].end, MEMORY_SIZE);
        }
    }
}
END_TEST

START_TEST(extents_join)
{
    struct extents list = {.count = 0};

    ck_assert(extents_add(&list, 30, 40) && extents_add(&list, 10, 20) && extents_add(&list, 50, 60));
    ck_assert_uint_eq(list.count, 3);
    ck_assert(extents_add(&list, 20, 30)); /* touches two */
    ck_assert_uint_eq(list.count, 2);
    ck_assert_uint_eq(list.items[0].end, 40);
    ck_assert(extents_add(&list, 5, 5)); /* nothing */
    ck_assert(extents_add(&list, 0, 100));
    ck_assert_uint_eq(list.count, 1);
    ck_assert_uint_eq(list.items[0].end, 100);
    list.count = 0;
    for (uint64_t i = 0; i < EXTENTS_MAX; i++) {
        ck_assert(extents_add(&list, i * 10, i * 10 + 5));
    }
    ck_assert(!extents_add(&list, 1000, 1001));
    ck_assert(extents_add(&list, 5, 8)); /* joins the first, needs no room */
}
END_TEST

/* Places are free, inside, aligned, and the highest. */
START_TEST(extents_places)
{
    srand((unsigned int)_i);
    for (int round = 0; round < 500; round++) {
        struct extents list = {.count = 0};
        bool taken[256] = {false};
        uint64_t length = 1 + (uint64_t)rand() % 40, align = 1ull << rand() % 6, best = 0, at;

        for (int i = 0; i < 8; i++) {
            uint64_t start = 1 + (uint64_t)rand() % 240, end = start + (uint64_t)rand() % 12;

            ck_assert(extents_add(&list, start, end));
            memset(taken + start, true, end - start);
        }
        for (uint64_t p = 1; p + length <= 250; p++) {
            if (p % align == 0 && !memchr(taken + p, true, length)) {
                best = p;
            }
        }
        at = extents_place(&list, 1, 250, length, align);
        ck_assert(at == 0 || (at % align == 0 && !memchr(taken + at, true, length)));
        /* The highest place within the highest gap that is large enough; a gap may have room only unaligned.
         */
        ck_assert_uint_eq(at, best);
    }
}
END_TEST

/* The highest page below 640 KiB that is RAM and no module's. */
START_TEST(low_page)
{
    memset(&info, 0, sizeof(info));
    ck_assert_uint_eq(boot_info_low_page(&info), 0);
    boot_info_add_memory(&info, 0, 0x9fc00, 1);
    boot_info_add_memory(&info, 0x9fc00, 0x400, 2);
    boot_info_add_memory(&info, 0x100000, 0x1000000, 1);
    ck_assert_uint_eq(boot_info_low_page(&info), 0x9e000);
    boot_info_add_module(&info, 0x9e800, 0x9e801, "");
    boot_info_add_module(&info, 0x90000, 0x9d001, "");
    ck_assert_uint_eq(boot_info_low_page(&info), 0x8f000);
    info.memory[0].length = 0x1fff; /* the first page is not given, half a page neither */
    ck_assert_uint_eq(boot_info_low_page(&info), 0);
    info.memory[0].length = 0x2000;
    ck_assert_uint_eq(boot_info_low_page(&info), 0x1000);
    info.memory[0].type = 2;
    ck_assert_uint_eq(boot_info_low_page(&info), 0);
    info.memory[0] = (struct boot_memory){0x80000, 0x40000, 1}; /* over the video memory */
    ck_assert_uint_eq(boot_info_low_page(&info), 0x9f000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot");
    TCase *tests = tcase_create("boot");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, multiboot1);
    tcase_add_test(tests, multiboot1_without_map);
    tcase_add_test(tests, multiboot2);
    tcase_add_loop_test(tests, multiboot2_tags_lie, 0, 2);
    tcase_add_test(tests, pvh);
    tcase_add_test(tests, pvh_refused);
    tcase_add_loop_test(tests, cut_anywhere, 0, 3);
    tcase_add_test(tests, map_overlaps);
    tcase_add_test(tests, low_page);
    tcase_add_loop_test(tests, map_random, 0, 4);
    tcase_add_test(tests, archive);
    tcase_add_test(tests, archive_damaged);
    tcase_add_test(tests, extents_join);
    tcase_add_loop_test(tests, extents_places, 0, 4);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
