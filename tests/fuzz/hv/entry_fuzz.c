/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what stands between a guest's modes and the hypervisor: exceptions, system calls, NMIs, events,
 * iret, selectors that became bad, descriptor tables, segment bases, debug registers and emulated
 * instructions, in any order.
 */
#include "entry_check.h"
#include "operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_operation *const operations[] = {
    op_entry_exception,  op_entry_exception, op_entry_fault,    op_entry_syscall,
    op_entry_iret,       op_entry_iret,      op_entry_iret,     op_entry_iret_in_list,
    op_entry_switch,     op_entry_user,      op_entry_user,     op_entry_emulate,
    op_entry_emulate,    op_entry_emulate,   op_entry_step,     op_entry_descriptor,
    op_entry_descriptor, op_entry_gdt,       op_entry_ldt,      op_entry_ldt,
    op_entry_context,    op_registers,       op_registers,      op_vcpu,
    op_event_bind,       op_event_use,       op_event_scribble, op_sched,
    op_mmuext,           op_update_va,       op_physdev,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_check = entry_check_all;
    fuzz_run(data, size, operations, ARRAY_SIZE(operations));
    return 0;
}
