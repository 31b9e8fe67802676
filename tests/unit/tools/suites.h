/* SPDX-License-Identifier: MIT */
/* The suites of the tools' unit tests; main.c counts them. */
#ifndef TOOLS_SUITES_H
#define TOOLS_SUITES_H

#include <check.h>

Suite *config_suite(void);
Suite *device_suite(void);
Suite *json_suite(void);
Suite *elf_suite(void);
Suite *kernel_suite(void);
Suite *layout_suite(void);
Suite *bootconf_suite(void);
Suite *bootfind_suite(void);
Suite *cache_suite(void);
Suite *sandbox_suite(void);
Suite *vswitch_suite(void);
Suite *xsbatch_suite(void);

#endif
