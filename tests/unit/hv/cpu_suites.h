/* SPDX-License-Identifier: MIT */
/* The parts of the suite of the guest's CPU, one a file. */
#ifndef CPU_SUITES_H
#define CPU_SUITES_H

#include <check.h>

TCase *cpu_entry_tests(void);
TCase *cpu_emulate_tests(void);
TCase *cpu_policy_tests(void);
TCase *cpu_tables_tests(void);
TCase *cpu_msr_tests(void);
TCase *cpu_io_tests(void);

#endif
