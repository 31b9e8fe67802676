/* SPDX-License-Identifier: MIT */
/* What a PV guest sees of its CPU: the suite. */
#include <check.h>

#include "cpu_suites.h"

int main(void)
{
    Suite *suite = suite_create("guest cpu");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, cpu_entry_tests());
    suite_add_tcase(suite, cpu_emulate_tests());
    suite_add_tcase(suite, cpu_policy_tests());
    suite_add_tcase(suite, cpu_tables_tests());
    suite_add_tcase(suite, cpu_msr_tests());
    suite_add_tcase(suite, cpu_io_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
