/* SPDX-License-Identifier: MIT */
/* Fuzzes grants and event channels: both versions of the one, both ABIs of the other. */
#include "operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_operation *const operations[] = {
    op_grant_entry,     op_grant_entry,   op_grant_map,  op_grant_map,   op_grant_map,  op_grant_unmap,
    op_grant_unmap,     op_grant_replace, op_grant_copy, op_grant_table, op_event_bind, op_event_bind,
    op_event_bind,      op_event_use,     op_event_use,  op_event_reset, op_event_fifo, op_event_scribble,
    op_event_interrupt, op_mmu_update,    op_memory,     op_sched,       op_vcpu,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size, operations, ARRAY_SIZE(operations));
    return 0;
}
