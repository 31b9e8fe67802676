/* SPDX-License-Identifier: MIT */
/* Unit tests of grant tables and memory_op. */
#include "gnttab_suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(gnttab_table_suite());
    int failed;

    srunner_add_suite(runner, gnttab_map_suite());
    srunner_add_suite(runner, gnttab_copy_suite());
    srunner_add_suite(runner, gnttab_random_suite());
    srunner_add_suite(runner, gnttab_race_suite());
    srunner_add_suite(runner, memory_op_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
