# SPDX-License-Identifier: MIT
# The trace's rings.
parvis_unit_test(unit-hv-trace SOURCES trace_test.c gnttab_world.c mm_world.c LIBRARIES parvis_hv_host)
