# SPDX-License-Identifier: MIT
# What a PV guest sees of its CPU: entries, iret, emulation, CPUID and MSRs, descriptor tables.
parvis_unit_test(unit-hv-cpu SOURCES cpu_test.c cpu_bench.c cpu_entry_test.c cpu_emulate_test.c cpu_policy_test.c
    cpu_tables_test.c cpu_msr_test.c cpu_io_test.c
    LIBRARIES parvis_hv_host)
