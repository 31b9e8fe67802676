/* SPDX-License-Identifier: MIT */
/*
 * The world of the tests of grants and memory_op: that of the memory tests, with grant tables. Domain 1 maps
 * and copies what the others grant; its vCPU 0 runs.
 */
#ifndef TESTS_UNIT_HV_GNTTAB_WORLD_H
#define TESTS_UNIT_HV_GNTTAB_WORLD_H

#include "core/gnttab.h"
#include "core/gnttab_table.h"
#include "mm_world.h"
#include "pvabi/memory.h"

#define GRANTER 2u
#define MAPPER  1u
#define THIRD   3u

/* Guest memory of the tests: at this address for every domain. */
#define BUFFER_ADDRESS 0x20000000ull
#define BUFFER_SIZE    0x10000u
extern uint8_t gnttab_buffer[BUFFER_SIZE];

/* Starts the world with tables of both versions; the mapper has an address space whose level-1 table is for
 * addresses below 2 MiB, all entries free. */
void gnttab_world_start(void);
struct space gnttab_space(void);

/* Runs grant_table_op with count requests of a size by the running domain, continued to its end, and gives
 * the results back. */
int64_t gnttab_call(unsigned int operation, void *requests, size_t size, unsigned int count);

/* Runs memory_op with an argument of a size, likewise. */
int64_t memory_call(unsigned int operation, void *argument, size_t size);

/* Writes a version 1 entry of a domain's table. */
void gnttab_grant_v1(unsigned int granter, grant_ref_t ref, uint16_t flags, domid_t to, mfn_t frame);

/* A request that is filled in, run and checked to have this status; the handle. */
grant_handle_t gnttab_map_ok(grant_ref_t ref, uint32_t flags, uint64_t host_addr);
int16_t gnttab_map_try(domid_t from, grant_ref_t ref, uint32_t flags, uint64_t host_addr);
int16_t gnttab_unmap_try(grant_handle_t handle, uint64_t host_addr, uint64_t dev_bus_addr);

/* The entry of the mapper's level-1 table for an address below 2 MiB. */
uint64_t gnttab_pte(uint64_t address);

/* The last line of the hypervisor's log. */
extern char gnttab_log[200];

/* world_check, and the uses of all grants counted anew from all mappings. */
void gnttab_world_check(void);

#endif
