/* SPDX-License-Identifier: MIT */
/* Fuzzes the lives of domains: the toolstack makes, changes and kills them while they and others act. */
#include "operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_operation *const operations[] = {
    op_control_create, op_control_create,   op_control_build, op_control_build,
    op_control_build,  op_control_build,    op_control_life,  op_control_life,
    op_control_life,   op_control_rest,     op_control_rest,  op_control_memory,
    op_control_system, op_control_platform, op_grant_entry,   op_grant_map,
    op_grant_unmap,    op_event_bind,       op_event_use,     op_mmu_update,
    op_mmuext,         op_memory,           op_sched,         op_vcpu,
    op_physdev,        op_event_interrupt,  op_event_fifo,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size, operations, ARRAY_SIZE(operations));
    return 0;
}
