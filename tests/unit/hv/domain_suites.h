/* SPDX-License-Identifier: MIT */
/* The test cases of domains. */
#ifndef DOMAIN_SUITES_H
#define DOMAIN_SUITES_H

#include <check.h>

TCase *domain_table_tests(void);
TCase *domain_life_tests(void);
TCase *domain_calls_tests(void);
TCase *domain_toolstack_tests(void);
TCase *domain_console_tests(void);
TCase *domain_refusal_tests(void);
TCase *domain_ops_tests(void);
TCase *domain_shares_tests(void);
TCase *domain_wild_tests(void);
TCase *msi_tests(void);

#endif
