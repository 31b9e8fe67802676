/* SPDX-License-Identifier: MIT */
/* Runs the unit tests of xenstored. */
#include <stdio.h>
#include <stdlib.h>

#include "suites.h"

#define TEST_COUNT 67

int main(void)
{
    Suite *(*const suites[])(void) = {wire_suite,  tree_suite,    perms_suite, txn_suite,         watch_suite,
                                      quota_suite, journal_suite, ring_suite,  domain_ring_suite, memory_suite};
    SRunner *runner = srunner_create(NULL);
    int failed, run;

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    run = srunner_ntests_run(runner);
    srunner_free(runner);
    if (run != TEST_COUNT) {
        fprintf(stderr, "%d tests ran instead of %d\n", run, TEST_COUNT);
        return EXIT_FAILURE;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
