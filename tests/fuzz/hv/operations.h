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

#endif
