/* SPDX-License-Identifier: MIT */
/* The operations of guests, by families: what the fuzz targets choose from. */
#ifndef TESTS_FUZZ_HV_OPERATIONS_H
#define TESTS_FUZZ_HV_OPERATIONS_H

#include "world.h"

/* Memory (ops_memory.c). */
void op_mmu_update(void);
void op_mmuext(void);
void op_update_va(void);
void op_memory(void);
void op_guest_write(void);
void op_fault(void);
void op_tables(void);

/* Grants (ops_grant.c). */
void op_grant_entry(void);
void op_grant_map(void);
void op_grant_unmap(void);
void op_grant_replace(void);
void op_grant_copy(void);
void op_grant_table(void);

/* Event channels (ops_event.c). */
void op_event_bind(void);
void op_event_use(void);
void op_event_reset(void);
void op_event_fifo(void);
void op_event_scribble(void);
void op_event_interrupt(void);

/* vCPUs and their state, and the smaller hypercalls (ops_vcpu.c). */
void op_sched(void);
void op_vcpu(void);
void op_registers(void);
void op_physdev(void);
void op_console(void);

/* The address, in the arguments' memory, of a context for a vCPU of a domain. */
guest_va_t fuzz_context_of(domid_t id);

/* Ways into a guest's kernel and back, descriptors and emulated instructions (ops_entry.c). */
void op_entry_exception(void);
void op_entry_fault(void);
void op_entry_syscall(void);
void op_entry_iret(void);
void op_entry_iret_in_list(void);
void op_entry_switch(void);
void op_entry_user(void);
void op_entry_emulate(void);
void op_entry_step(void);
void op_entry_descriptor(void);
void op_entry_gdt(void);
void op_entry_ldt(void);
void op_entry_context(void);

/* The toolstack (ops_control.c). */
void op_control_create(void);
void op_control_build(void);
void op_control_life(void);
void op_control_rest(void);
void op_control_memory(void);
void op_control_system(void);
void op_control_platform(void);

/* Any hypercall (ops_dispatch.c). */
void op_any(void);
void op_multicall(void);

#endif
