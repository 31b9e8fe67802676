# SPDX-License-Identifier: MIT
# Event channels, scheduler, timers and their hypercalls.
parvis_unit_test(unit-hv-events SOURCES events_main.c events_bench.c evtchn_test.c evtchn_vcpu_info_test.c
    evtchn_fifo_test.c evtchn_race_test.c sched_test.c sched_fair_test.c timer_test.c LIBRARIES parvis_hv_host INCLUDES ${hv_includes})
