/* SPDX-License-Identifier: MIT */
/* Runs the tests of domains. Each in a process of its own: the tests' machine starts once in one. */
#include <stdio.h>
#include <stdlib.h>

#include "domain_suites.h"

/* So that a test that is not added any more is noticed. */
#define TESTS_TOTAL 86

int main(void)
{
    Suite *suite = suite_create("domains");
    SRunner *runner;
    int failed, total;

    suite_add_tcase(suite, domain_table_tests());
    suite_add_tcase(suite, domain_life_tests());
    suite_add_tcase(suite, domain_calls_tests());
    suite_add_tcase(suite, domain_toolstack_tests());
    suite_add_tcase(suite, domain_console_tests());
    suite_add_tcase(suite, domain_refusal_tests());
    suite_add_tcase(suite, domain_ops_tests());
    suite_add_tcase(suite, domain_shares_tests());
    suite_add_tcase(suite, domain_wild_tests());
    suite_add_tcase(suite, msi_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    total = srunner_ntests_run(runner);
    srunner_free(runner);
    if (total != TESTS_TOTAL) {
        printf("%d tests ran, %d are there\n", total, TESTS_TOTAL);
    }
    return failed == 0 && total == TESTS_TOTAL ? EXIT_SUCCESS : EXIT_FAILURE;
}
