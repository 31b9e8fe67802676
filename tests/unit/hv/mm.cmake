# SPDX-License-Identifier: MIT
# Memory: frames, heap, page types, page tables and the hypercalls about them, with domains of the tests' own.
parvis_unit_test(unit-hv-mm SOURCES mm_test.c mm_world.c mm_frames_test.c mm_types_test.c mm_linear_test.c
    mm_pte_test.c mm_update_test.c mm_mapping_test.c mm_ptwr_test.c mm_random_test.c mm_threads_test.c LIBRARIES parvis_hv_host)
