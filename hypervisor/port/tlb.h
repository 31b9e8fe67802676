/* SPDX-License-Identifier: MIT */
/* Translation caches of CPUs. All calls return when the flush is done; they may be made with locks held. */
#ifndef PORT_TLB_H
#define PORT_TLB_H

#include "lib/cpumask.h"
#include "lib/types.h"

/* Flushes everything, global entries too, on the given CPUs (those that are not up are left out). */
void port_tlb_flush_all(struct cpumask cpus);

/* Flushes one page, its global entries too, on the given CPUs. */
void port_tlb_flush_page(struct cpumask cpus, guest_va_t address);

/*
 * The machine's flush clock: goes on with every full flush of all entries of a CPU. A frame that leaves a
 * type notes it (port_tlb_clock), and before its reuse only those CPUs need a flush that have not flushed
 * since (port_tlb_stale).
 */
uint32_t port_tlb_clock(void);
struct cpumask port_tlb_stale(struct cpumask cpus, uint32_t since);

/* Writes the caches of all CPUs back and invalidates them (WBINVD). */
void port_cache_flush_all(void);

/* The same for a range in one mapped frame (CLFLUSH reaches the caches of all CPUs). */
void port_cache_flush(const void *start, size_t length);

#endif
