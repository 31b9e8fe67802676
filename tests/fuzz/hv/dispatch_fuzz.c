/* SPDX-License-Identifier: MIT */
/* Fuzzes the whole dispatcher: every hypercall, by its number with anything, in lists, and as guests use it.
 */
#include "operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_operation *const operations[] = {
    op_any,
    op_any,
    op_any,
    op_any,
    op_multicall,
    op_multicall,
    op_multicall,
    op_mmu_update,
    op_mmuext,
    op_update_va,
    op_memory,
    op_guest_write,
    op_fault,
    op_tables,
    op_grant_entry,
    op_grant_map,
    op_grant_unmap,
    op_grant_copy,
    op_grant_table,
    op_event_bind,
    op_event_use,
    op_event_fifo,
    op_event_reset,
    op_event_scribble,
    op_sched,
    op_vcpu,
    op_registers,
    op_registers,
    op_physdev,
    op_console,
    op_control_create,
    op_control_build,
    op_control_life,
    op_control_rest,
    op_control_memory,
    op_control_system,
    op_control_platform,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size, operations, ARRAY_SIZE(operations));
    return 0;
}
