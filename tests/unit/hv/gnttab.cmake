# SPDX-License-Identifier: MIT
# Grant tables and memory_op, in the world of the memory tests.
parvis_unit_test(unit-hv-gnttab SOURCES gnttab_test.c gnttab_world.c mm_world.c gnttab_table_test.c gnttab_map_test.c
    gnttab_copy_test.c gnttab_random_test.c gnttab_race_test.c memory_op_test.c LIBRARIES parvis_hv_host)
