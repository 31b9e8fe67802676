/* SPDX-License-Identifier: MIT */
/* The suites of the tests of grant tables and memory_op. */
#ifndef TESTS_UNIT_HV_GNTTAB_SUITES_H
#define TESTS_UNIT_HV_GNTTAB_SUITES_H

#include <check.h>

Suite *gnttab_table_suite(void);
Suite *gnttab_map_suite(void);
Suite *gnttab_copy_suite(void);
Suite *gnttab_random_suite(void);
Suite *gnttab_race_suite(void);
Suite *memory_op_suite(void);

#endif
