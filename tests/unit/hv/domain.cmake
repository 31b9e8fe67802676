# SPDX-License-Identifier: MIT
# Domains and their lives, the dispatcher, the toolstack's hypercalls, console and machine interrupts.
parvis_unit_test(unit-hv-domain SOURCES domain_test.c domain_bench.c domain_life_test.c domain_table_test.c
    domain_calls_test.c domain_toolstack_test.c domain_console_test.c
    domain_refusal_test.c domain_ops_test.c domain_shares_test.c msi_test.c LIBRARIES parvis_hv_host)
target_link_options(unit-hv-domain PRIVATE -Wl,--wrap=fake_relax)
