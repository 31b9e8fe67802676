/* SPDX-License-Identifier: MIT */
/* Tests of the hypervisor's text, range sets, bitmaps, lists and arithmetic. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/nospec.h"
#include "lib/overflow.h"
#include "lib/printf.h"
#include "lib/rangeset.h"
#include "lib/string.h"
#include "pvabi/errno.h"

/* The same as the C library's printf makes, in text and in length. */
#define CHECK_FORMAT(...)                                                                                    \
    do {                                                                                                     \
        char ours[256], theirs[256];                                                                         \
        int our_length = format_buffer(ours, sizeof(ours), __VA_ARGS__);                                     \
        int their_length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                    \
        ck_assert_str_eq(ours, theirs);                                                                      \
        ck_assert_int_eq(our_length, their_length);                                                          \
    } while (0)

START_TEST(format_numbers)
{
    CHECK_FORMAT("%d %d %d", 0, -1, 2147483647);
    CHECK_FORMAT("%ld %ld", INT64_MIN, INT64_MAX);
    CHECK_FORMAT("%u %lu %llu", 4294967295u, UINT64_MAX, 18446744073709551615ull);
    CHECK_FORMAT("%x %X %lx %#x %#lx %#x", 0xdeadu, 0xbeefu, 0x123456789abcdefUL, 255u, 1ul << 63, 0u);
    CHECK_FORMAT("%o %#o", 8u, 8u);
    CHECK_FORMAT("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, -42, 7, 7);
    CHECK_FORMAT("[%8.3d] [%-8.3x] [%.0d] [%#010x]", -5, 10u, 0, 0xabcu);
    CHECK_FORMAT("[%016lx] [%*d] [%-*d|]", 0xffff800000000000ul, 6, 12, 6, 12);
    CHECK_FORMAT("%hhu %hu %hhd %hd %zu", (unsigned char)255, (unsigned short)65535, (signed char)-1,
                 (short)-2, sizeof(int));
    CHECK_FORMAT("%p", (void *)0x1234);
}
END_TEST

START_TEST(format_text)
{
    char unterminated[4] = {'a', 'b', 'c', 'd'};

    CHECK_FORMAT("plain, 100%%");
    CHECK_FORMAT("%s|%10s|%-10s|%.2s|%.*s|%c", "text", "right", "left", "cut", 3, "precision", 'x');
    CHECK_FORMAT("%.4s", unterminated);
    CHECK_FORMAT("%.*s", -1, "all of it");
}
END_TEST

START_TEST(format_cut)
{
    char small[5] = "zzzz";

    ck_assert_int_eq(format_buffer(small, sizeof(small), "%s", "too long"), 8);
    ck_assert_str_eq(small, "too ");
    ck_assert_int_eq(format_buffer(small, 1, "%d", 123), 3);
    ck_assert_str_eq(small, "");
    small[0] = 'z';
    ck_assert_int_eq(format_buffer(small, 0, "%d", 123), 3);
    ck_assert_int_eq(small[0], 'z');
}
END_TEST

START_TEST(format_unknown)
{
    char text[32];
    const char *volatile odd = "a %y b %"; /* out of the compiler's sight: it would refuse it */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    format_buffer(text, sizeof(text), odd);
#pragma GCC diagnostic pop
    ck_assert_str_eq(text, "a %y b %");
}
END_TEST

START_TEST(copy_bounded)
{
    char to[4];

    ck_assert_uint_eq(strlcpy(to, "ab", sizeof(to)), 2);
    ck_assert_str_eq(to, "ab");
    ck_assert_uint_eq(strlcpy(to, "abcdef", sizeof(to)), 6);
    ck_assert_str_eq(to, "abc");
    ck_assert_uint_eq(strlcpy(to, "abcdef", 0), 6);
}
END_TEST

START_TEST(ranges_merge_and_split)
{
    struct range storage[4];
    struct rangeset set;

    rangeset_init(&set, storage, ARRAY_SIZE(storage));
    ck_assert(rangeset_empty(&set));
    ck_assert_int_eq(rangeset_add(&set, 10, 19), 0);
    ck_assert_int_eq(rangeset_add(&set, 30, 39), 0);
    ck_assert_int_eq(rangeset_add(&set, 20, 29), 0);
    ck_assert_uint_eq(set.count, 1);
    ck_assert(rangeset_contains(&set, 10, 39));
    ck_assert(!rangeset_contains(&set, 9, 10));
    ck_assert(!rangeset_contains(&set, 39, 40));
    ck_assert(rangeset_overlaps(&set, 39, 100));
    ck_assert(!rangeset_overlaps(&set, 40, 100));
    ck_assert(!rangeset_contains(&set, 12, 11));
    ck_assert_int_eq(rangeset_remove(&set, 15, 15), 0);
    ck_assert_uint_eq(set.count, 2);
    ck_assert(!rangeset_contains(&set, 14, 16));
    ck_assert(rangeset_overlaps(&set, 14, 16));
    ck_assert_int_eq(rangeset_remove(&set, 0, UINT64_MAX), 0);
    ck_assert(rangeset_empty(&set));
}
END_TEST

START_TEST(ranges_at_the_ends)
{
    struct range storage[2];
    struct rangeset set;

    rangeset_init(&set, storage, ARRAY_SIZE(storage));
    ck_assert_int_eq(rangeset_add(&set, 5, 4), -XEN_EINVAL);
    ck_assert_int_eq(rangeset_remove(&set, 5, 4), -XEN_EINVAL);
    ck_assert_int_eq(rangeset_add(&set, 0, UINT64_MAX), 0);
    ck_assert(rangeset_contains(&set, UINT64_MAX, UINT64_MAX));
    ck_assert_int_eq(rangeset_remove(&set, 0, 0), 0);
    ck_assert_int_eq(rangeset_remove(&set, UINT64_MAX, UINT64_MAX), 0);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_uint_eq(set.ranges[0].first, 1);
    ck_assert_uint_eq(set.ranges[0].last, UINT64_MAX - 1);
}
END_TEST

START_TEST(ranges_full)
{
    struct range storage[2], other_storage[1];
    struct rangeset set, other;

    rangeset_init(&set, storage, ARRAY_SIZE(storage));
    rangeset_init(&other, other_storage, ARRAY_SIZE(other_storage));
    ck_assert_int_eq(rangeset_add(&set, 0, 9), 0);
    ck_assert_int_eq(rangeset_add(&set, 20, 29), 0);
    ck_assert_int_eq(rangeset_add(&set, 40, 40), -XEN_ENOSPC);
    ck_assert_int_eq(rangeset_remove(&set, 5, 5), -XEN_ENOSPC);
    ck_assert(rangeset_contains(&set, 0, 9));
    ck_assert_int_eq(rangeset_copy(&other, &set), -XEN_ENOSPC);
    ck_assert_int_eq(rangeset_add(&set, 10, 19), 0);
    ck_assert_int_eq(rangeset_copy(&other, &set), 0);
    ck_assert(rangeset_contains(&other, 0, 29));
}
END_TEST

/* Random operations on a set and on a plain map of bits, which always agree. */
START_TEST(ranges_like_a_bitmap)
{
    enum { SIZE = 200 };
    struct range storage[SIZE];
    struct rangeset set;
    bool model[SIZE] = {false};

    srand(17);
    rangeset_init(&set, storage, ARRAY_SIZE(storage));
    for (int step = 0; step < 3000; step++) {
        unsigned int first = (unsigned int)rand() % SIZE,
                     last = first + (unsigned int)rand() % (SIZE - first);
        bool add = rand() % 2;

        last = MIN(last, first + 12);
        ck_assert_int_eq(add ? rangeset_add(&set, first, last) : rangeset_remove(&set, first, last), 0);
        for (unsigned int i = first; i <= last; i++) {
            model[i] = add;
        }
        for (unsigned int i = 0; i < SIZE; i++) {
            ck_assert(rangeset_contains(&set, i, i) == model[i]);
        }
        for (uint32_t i = 1; i < set.count; i++) {
            ck_assert_uint_gt(set.ranges[i].first, set.ranges[i - 1].last + 1);
        }
    }
}
END_TEST

START_TEST(bitmap_search)
{
    uint64_t words[3] = {0};

    ck_assert_uint_eq(bitmap_find_set(words, 130, 0), 130);
    bitmap_set(words, 64);
    bitmap_set(words, 131);
    ck_assert_uint_eq(bitmap_find_set(words, 130, 0), 64);
    ck_assert_uint_eq(bitmap_find_set(words, 130, 65), 130);
    ck_assert_uint_eq(bitmap_find_set(words, 192, 65), 131);
    ck_assert(bitmap_test(words, 64) && !bitmap_test(words, 63));
    bitmap_clear(words, 64);
    ck_assert(!bitmap_test(words, 64));
    memset(words, 0xff, sizeof(words));
    bitmap_clear(words, 129);
    ck_assert_uint_eq(bitmap_find_clear(words, 192, 1), 129);
    ck_assert_uint_eq(bitmap_find_clear(words, 129, 1), 129);
}
END_TEST

START_TEST(list_order)
{
    struct list head = LIST_INIT(head), a, b, c;

    list_add(&head, &b);
    list_add(&head, &a);
    list_add_tail(&head, &c);
    ck_assert_ptr_eq(list_first(&head), &a);
    list_remove(&b);
    list_remove(&b);
    ck_assert_ptr_eq(a.next, &c);
    ck_assert_ptr_eq(list_pop(&head), &a);
    ck_assert_ptr_eq(list_pop(&head), &c);
    ck_assert_ptr_null(list_pop(&head));
}
END_TEST

START_TEST(clamp_of_indices)
{
    const uint64_t sizes[] = {1, 2, 14, 256, 1ull << 40};

    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        ck_assert_uint_eq(index_nospec(0, sizes[i]), 0);
        ck_assert_uint_eq(index_nospec(sizes[i] - 1, sizes[i]), sizes[i] - 1);
        ck_assert_uint_eq(index_nospec(sizes[i], sizes[i]), 0);
        ck_assert_uint_eq(index_nospec(UINT64_MAX, sizes[i]), 0);
    }
}
END_TEST

START_TEST(checked_arithmetic)
{
    uint64_t r;

    ck_assert(checked_add(UINT64_MAX - 1, 1, &r) && r == UINT64_MAX);
    ck_assert(!checked_add(UINT64_MAX, 1, &r));
    ck_assert(!checked_sub(1, 2, &r));
    ck_assert(!checked_mul(1ull << 32, 1ull << 32, &r));
    ck_assert(range_fits(10, 0, 10) && range_fits(4, 6, 10));
    ck_assert(!range_fits(11, 0, 10) && !range_fits(4, 7, 10) && !range_fits(5, UINT64_MAX, 10));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lib");
    TCase *tests = tcase_create("lib");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, format_numbers);
    tcase_add_test(tests, format_text);
    tcase_add_test(tests, format_cut);
    tcase_add_test(tests, format_unknown);
    tcase_add_test(tests, copy_bounded);
    tcase_add_test(tests, ranges_merge_and_split);
    tcase_add_test(tests, ranges_at_the_ends);
    tcase_add_test(tests, ranges_full);
    tcase_add_test(tests, ranges_like_a_bitmap);
    tcase_add_test(tests, bitmap_search);
    tcase_add_test(tests, list_order);
    tcase_add_test(tests, clamp_of_indices);
    tcase_add_test(tests, checked_arithmetic);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
