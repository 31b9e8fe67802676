/* SPDX-License-Identifier: MIT */
/* Runs the tests of races. */
#include <stdlib.h>

#include "race_bench.h"

int main(void)
{
    Suite *suite = suite_create("race");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, race_memory_tests());
    suite_add_tcase(suite, race_grant_tests());
    suite_add_tcase(suite, race_event_tests());
    suite_add_tcase(suite, race_life_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
