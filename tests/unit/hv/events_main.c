/* SPDX-License-Identifier: MIT */
/*
 * Runs the tests of event channels, scheduler and timers. Each in a process of its own: the fake machine
 * starts once in one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "evtchn_suites.h"

/* So that a test that is not added any more is noticed. */
#define TESTS_TOTAL 87

int main(void)
{
    Suite *suite = suite_create("events, scheduler, timers");
    SRunner *runner;
    int failed, total;

    suite_add_tcase(suite, evtchn_two_level_tests());
    suite_add_tcase(suite, evtchn_vcpu_info_tests());
    suite_add_tcase(suite, evtchn_fifo_tests());
    suite_add_tcase(suite, sched_tests());
    suite_add_tcase(suite, sched_fair_tests());
    suite_add_tcase(suite, sched_two_cpu_tests());
    suite_add_tcase(suite, sched_null_tests());
    suite_add_tcase(suite, timer_tests());
    suite_add_tcase(suite, evtchn_race_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    total = srunner_ntests_run(runner);
    srunner_free(runner);
    if (total != TESTS_TOTAL) {
        fprintf(stderr, "%d tests ran, not the %d of TESTS_TOTAL\n", total, TESTS_TOTAL);
    }
    return failed == 0 && total == TESTS_TOTAL ? EXIT_SUCCESS : EXIT_FAILURE;
}
