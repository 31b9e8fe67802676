/* SPDX-License-Identifier: MIT */
/* The suites of the memory tests. */
#ifndef TESTS_UNIT_HV_MM_SUITES_H
#define TESTS_UNIT_HV_MM_SUITES_H

#include <check.h>

Suite *mm_frames_suite(void);
Suite *mm_types_suite(void);
Suite *mm_linear_suite(void);
Suite *mm_pte_suite(void);
Suite *mm_update_suite(void);
Suite *mm_mapping_suite(void);
Suite *mm_ptwr_suite(void);
Suite *mm_random_suite(void);
Suite *mm_threads_suite(void);

#endif
