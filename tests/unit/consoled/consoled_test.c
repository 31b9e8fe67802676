/* SPDX-License-Identifier: MIT */
/* The console ring with indices that wrap and lie, the buffer that keeps the newest bytes, the log that
 * rotates once. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consoled/buffer.h"
#include "consoled/logfile.h"
#include "consoled/ring.h"

#define TEST_COUNT 10

static struct xencons_interface page;
static struct console_ring ring;

static void ring_setup(void)
{
    memset(&page, 0, sizeof(page));
    console_ring_open(&ring, &page);
}

static void guest_writes(const char *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        page.out[MASK_XENCONS_IDX(page.out_prod++, page.out)] = bytes[i];
    }
}

START_TEST(output_wraps)
{
    char got[32];
    bool broken;

    page.out_prod = page.out_cons = UINT32_MAX - 4;
    console_ring_open(&ring, &page);
    guest_writes("hello, world", 12);
    ck_assert_uint_eq(console_ring_take(&ring, got, 5, &broken), 5);
    ck_assert_uint_eq(console_ring_take(&ring, got + 5, 27, &broken), 7);
    ck_assert(!broken);
    ck_assert_mem_eq(got, "hello, world", 12);
    ck_assert_uint_eq(page.out_cons, 7);
}
END_TEST

START_TEST(a_full_ring_is_taken_whole)
{
    char bytes[sizeof(page.out)], got[sizeof(page.out) + 8];
    bool broken;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)i;
    }
    page.out_prod = page.out_cons = 1000;
    console_ring_open(&ring, &page);
    guest_writes(bytes, sizeof(bytes));
    ck_assert_uint_eq(console_ring_take(&ring, got, sizeof(got), &broken), sizeof(bytes));
    ck_assert(!broken);
    ck_assert_mem_eq(got, bytes, sizeof(bytes));
}
END_TEST

START_TEST(lying_output_index_gives_nothing)
{
    char got[sizeof(page.out)];
    bool broken;

    page.out_prod = sizeof(page.out) + 1;
    ck_assert_uint_eq(console_ring_take(&ring, got, sizeof(got), &broken), 0);
    ck_assert(broken);
    guest_writes("ok", 2);
    ck_assert_uint_eq(console_ring_take(&ring, got, sizeof(got), &broken), 2);
    ck_assert(!broken);
    ck_assert_mem_eq(got, "ok", 2);
    /* What the guest writes over our index does not matter. */
    page.out_cons = 12345;
    ck_assert_uint_eq(console_ring_take(&ring, got, sizeof(got), &broken), 0);
    ck_assert(!broken);
}
END_TEST

START_TEST(input_stops_when_full)
{
    char bytes[sizeof(page.in) + 10];

    memset(bytes, 'i', sizeof(bytes));
    page.in_prod = page.in_cons = UINT32_MAX - 9;
    console_ring_open(&ring, &page);
    ck_assert_uint_eq(console_ring_room(&ring), sizeof(page.in));
    ck_assert_uint_eq(console_ring_give(&ring, bytes, sizeof(bytes)), sizeof(page.in));
    ck_assert_uint_eq(console_ring_room(&ring), 0);
    ck_assert_uint_eq(page.in_prod - page.in_cons, sizeof(page.in));
    page.in_cons += 3;
    ck_assert_uint_eq(console_ring_give(&ring, bytes, 10), 3);
}
END_TEST

START_TEST(lying_input_index_gets_nothing)
{
    page.in_cons = 1;
    ck_assert_uint_eq(console_ring_room(&ring), 0);
    ck_assert_uint_eq(console_ring_give(&ring, "x", 1), 0);
}
END_TEST

static void drain(struct buffer *buffer, char *out)
{
    const char *bytes;
    size_t length;

    while ((length = buffer_next(buffer, &bytes)) > 0) {
        memcpy(out, bytes, length);
        out += length;
        buffer_took(buffer, length);
    }
    *out = '\0';
}

START_TEST(buffer_keeps_order)
{
    struct buffer buffer;
    char got[8192];

    buffer_init(&buffer, sizeof(got) - 1);
    buffer_add(&buffer, "one ", 4);
    buffer_took(&buffer, 2);
    for (int i = 0; i < 3000; i++) {
        buffer_add(&buffer, "ab", 2);
    }
    drain(&buffer, got);
    ck_assert_uint_eq(strlen(got), 6002);
    ck_assert(!strncmp(got, "e abab", 6));
    ck_assert_uint_eq(buffer.lost, 0);
    buffer_clear(&buffer);
}
END_TEST

START_TEST(buffer_drops_the_oldest)
{
    struct buffer buffer;
    char got[16];

    buffer_init(&buffer, 8);
    buffer_add(&buffer, "01234567", 8);
    buffer_add(&buffer, "89", 2);
    drain(&buffer, got);
    ck_assert_str_eq(got, "23456789");
    ck_assert_uint_eq(buffer.lost, 2);
    buffer_add(&buffer, "abcdefghijkl", 12);
    drain(&buffer, got);
    ck_assert_str_eq(got, "efghijkl");
    ck_assert_uint_eq(buffer.lost, 6);
    buffer_clear(&buffer);
}
END_TEST

static char folder[] = "/tmp/consoled-test-XXXXXX";

static void log_setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void log_teardown(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void read_file(const char *name, char *out, size_t size)
{
    char path[128];
    FILE *file;
    size_t got;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    got = fread(out, 1, size - 1, file);
    out[got] = '\0';
    fclose(file);
}

START_TEST(log_rotates_once)
{
    struct logfile log;
    struct pv_error error;
    char text[64];

    ck_assert_int_eq(logfile_open(&log, folder, "guest", "web", 10, &error), 0);
    logfile_write(&log, "first, long\n", 12);
    logfile_write(&log, "second, long\n", 13);
    logfile_write(&log, "third\n", 6);
    logfile_close(&log);
    read_file("guest-web.log", text, sizeof(text));
    ck_assert_str_eq(text, "third\n");
    read_file("guest-web.log.1", text, sizeof(text));
    ck_assert_str_eq(text, "second, long\n");
}
END_TEST

START_TEST(log_goes_on_after_a_restart)
{
    struct logfile log;
    struct pv_error error;
    char text[64];

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(logfile_open(&log, folder, "guest", "again", 100, &error), 0);
        logfile_write(&log, "line\n", 5);
        logfile_close(&log);
    }
    read_file("guest-again.log", text, sizeof(text));
    ck_assert_str_eq(text, "line\nline\n");
}
END_TEST

START_TEST(log_name_stays_in_its_folder)
{
    struct logfile log;
    struct pv_error error;
    char expected[128];

    ck_assert_int_eq(logfile_open(&log, folder, "guest", "../../etc/x y", 100, &error), 0);
    snprintf(expected, sizeof(expected), "%s/guest-.._.._etc_x_y.log", folder);
    ck_assert_str_eq(log.path, expected);
    logfile_close(&log);
}
END_TEST

static Suite *consoled_suite(void)
{
    Suite *suite = suite_create("consoled");
    TCase *rings = tcase_create("ring"), *buffers = tcase_create("buffer"), *logs = tcase_create("log");

    tcase_add_checked_fixture(rings, ring_setup, NULL);
    tcase_add_test(rings, output_wraps);
    tcase_add_test(rings, a_full_ring_is_taken_whole);
    tcase_add_test(rings, lying_output_index_gives_nothing);
    tcase_add_test(rings, input_stops_when_full);
    tcase_add_test(rings, lying_input_index_gets_nothing);
    tcase_add_test(buffers, buffer_keeps_order);
    tcase_add_test(buffers, buffer_drops_the_oldest);
    tcase_add_checked_fixture(logs, log_setup, log_teardown);
    tcase_add_test(logs, log_rotates_once);
    tcase_add_test(logs, log_goes_on_after_a_restart);
    tcase_add_test(logs, log_name_stays_in_its_folder);
    suite_add_tcase(suite, rings);
    suite_add_tcase(suite, buffers);
    suite_add_tcase(suite, logs);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(consoled_suite());
    int failed, run;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && run == TEST_COUNT ? EXIT_SUCCESS : EXIT_FAILURE;
}
