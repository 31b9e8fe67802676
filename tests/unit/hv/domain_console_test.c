/* SPDX-License-Identifier: MIT */
/* Tests. */
#include "domain_suites.h"

TCase *domain_console_tests(void)
{
    return tcase_create("console");
}
