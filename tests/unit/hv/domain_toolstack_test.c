/* SPDX-License-Identifier: MIT */
/* Tests. */
#include "domain_suites.h"

TCase *domain_toolstack_tests(void)
{
    return tcase_create("toolstack");
}
