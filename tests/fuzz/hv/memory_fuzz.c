/* SPDX-License-Identifier: MIT */
/* Fuzzes the memory of guests: tables, pins, roots, their own writes, and memory that comes and goes. */
#include "operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_operation *const operations[] = {
    op_mmu_update, op_mmu_update, op_mmu_update, op_mmuext,      op_mmuext,      op_mmuext, op_update_va,
    op_update_va,  op_memory,     op_memory,     op_guest_write, op_guest_write, op_fault,  op_tables,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size, operations, ARRAY_SIZE(operations));
    return 0;
}
