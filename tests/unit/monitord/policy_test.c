/* SPDX-License-Identifier: MIT */
/* What becomes of a guest that ended, how a crash loop is slowed, and the record that survives the daemon. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/domctl.h"
#include "monitord/policy.h"

#define TEST_COUNT 5

START_TEST(each_end_has_its_key)
{
    const struct pv_config config = {
        .on_poweroff = PV_ACTION_DESTROY, .on_reboot = PV_ACTION_RESTART, .on_crash = PV_ACTION_PRESERVE};

    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_POWEROFF, &config), POLICY_DESTROY);
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_REBOOT, &config), POLICY_RESTART);
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_CRASH, &config), POLICY_PRESERVE);
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_WATCHDOG, &config), POLICY_PRESERVE);
    ck_assert_int_eq(policy_decide(99, &config), POLICY_PRESERVE);
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_SUSPEND, &config), POLICY_LEAVE);
    ck_assert_str_eq(policy_key(PV_SHUTDOWN_REBOOT), "on_reboot");
}
END_TEST

START_TEST(without_configuration_it_is_destroyed)
{
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_REBOOT, NULL), POLICY_DESTROY);
    ck_assert_int_eq(policy_decide(PV_SHUTDOWN_SUSPEND, NULL), POLICY_LEAVE);
}
END_TEST

START_TEST(a_crash_loop_is_slowed)
{
    static const uint64_t delays[] = {0, 1, 2, 4, 8, 16, 60, 60, 60};
    struct policy_record record;
    uint64_t now = 1000;

    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        uint64_t delay = policy_delay(i ? &record : NULL, now);

        ck_assert_uint_eq(delay, delays[i]);
        record = policy_next(i ? &record : NULL, now);
        ck_assert(record.pending);
        ck_assert_uint_eq(record.count, i + 1);
        now += delay;
        record.time_s = now;
        now += 3;
    }
}
END_TEST

START_TEST(a_long_life_ends_the_loop)
{
    struct policy_record record = {.count = 5, .time_s = 1000};

    ck_assert_uint_eq(policy_delay(&record, 1000 + POLICY_LOOP_S), 0);
    ck_assert_uint_eq(policy_next(&record, 1000 + POLICY_LOOP_S).count, 1);
    ck_assert_uint_gt(policy_delay(&record, 1000 + POLICY_LOOP_S - 1), 0);
}
END_TEST

START_TEST(record_goes_both_ways)
{
    const struct policy_record record = {
        .pending = true, .count = UINT32_MAX, .time_s = UINT64_MAX, .tries = 3};
    static const char *const bad[] = {"", "pending", "pending 1 2", "maybe 1 2 3", "pendingly 1 2 3"};
    struct policy_record read;
    char text[POLICY_RECORD_SIZE];

    policy_format(&record, text);
    ck_assert(policy_parse(text, &read));
    ck_assert(read.pending);
    ck_assert_uint_eq(read.count, record.count);
    ck_assert_uint_eq(read.time_s, record.time_s);
    ck_assert_uint_eq(read.tries, record.tries);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert(!policy_parse(bad[i], &read));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tests = tcase_create("policy");
    SRunner *runner = srunner_create(suite);
    int failed, run;

    tcase_add_test(tests, each_end_has_its_key);
    tcase_add_test(tests, without_configuration_it_is_destroyed);
    tcase_add_test(tests, a_crash_loop_is_slowed);
    tcase_add_test(tests, a_long_life_ends_the_loop);
    tcase_add_test(tests, record_goes_both_ways);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && run == TEST_COUNT ? EXIT_SUCCESS : EXIT_FAILURE;
}
