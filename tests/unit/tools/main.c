/* SPDX-License-Identifier: MIT */
/* Runs the unit tests of the tools' library. */
#include <stdlib.h>

#include "suites.h"

int main(void)
{
    Suite *(*const suites[])(void) = {config_suite, device_suite, json_suite,  elf_suite,
                                      kernel_suite, layout_suite, cache_suite, vswitch_suite, xsbatch_suite,
                                      bootconf_suite, bootfind_suite, sandbox_suite};
    SRunner *runner = srunner_create(NULL);
    int failed;

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
