/* SPDX-License-Identifier: MIT */
/* The suites of xenstored's unit tests; main.c lists them. */
#ifndef XENSTORED_SUITES_H
#define XENSTORED_SUITES_H

#include <check.h>

Suite *wire_suite(void);
Suite *tree_suite(void);
Suite *perms_suite(void);
Suite *txn_suite(void);
Suite *watch_suite(void);
Suite *quota_suite(void);
Suite *journal_suite(void);
Suite *ring_suite(void);
Suite *domain_ring_suite(void);
Suite *memory_suite(void);

#endif
