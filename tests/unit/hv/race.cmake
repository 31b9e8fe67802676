# SPDX-License-Identifier: MIT
# Races between CPUs, each by all schedules of a kind, in the world of the fuzz targets.
parvis_unit_test(unit-hv-race SOURCES race_main.c race_bench.c race_memory_test.c race_grant_test.c
    race_event_test.c race_life_test.c LIBRARIES fuzz_world)
