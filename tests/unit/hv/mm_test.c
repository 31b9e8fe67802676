/* SPDX-License-Identifier: MIT */
/* Unit tests of memory: frames, page types, page tables, and the hypercalls about them. */
#include "mm_suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(mm_frames_suite());
    int failed;

    srunner_add_suite(runner, mm_types_suite());
    srunner_add_suite(runner, mm_linear_suite());
    srunner_add_suite(runner, mm_pte_suite());
    srunner_add_suite(runner, mm_update_suite());
    srunner_add_suite(runner, mm_mapping_suite());
    srunner_add_suite(runner, mm_ptwr_suite());
    srunner_add_suite(runner, mm_random_suite());
    srunner_add_suite(runner, mm_threads_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
