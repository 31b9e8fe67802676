/* SPDX-License-Identifier: MIT */
/* The test cases of event channels, scheduler and timers, and how many tests they have together. */
#ifndef EVTCHN_SUITES_H
#define EVTCHN_SUITES_H

#include <check.h>

TCase *evtchn_two_level_tests(void);
TCase *evtchn_vcpu_info_tests(void);
TCase *evtchn_fifo_tests(void);
TCase *evtchn_race_tests(void);
TCase *sched_tests(void);
TCase *sched_fair_tests(void);
TCase *sched_two_cpu_tests(void);
TCase *sched_null_tests(void);
TCase *timer_tests(void);

#endif
