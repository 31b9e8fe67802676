/* SPDX-License-Identifier: MIT */
/* The hypervisor's own mappings, below x86_idle_l4; made at boot and changed only there and for descriptor
 * windows. */
#ifndef X86_PAGE_TABLE_H
#define X86_PAGE_TABLE_H

#include "lib/types.h"

#define X86_PTE_PRESENT  (1ull << 0)
#define X86_PTE_WRITE    (1ull << 1)
#define X86_PTE_USER     (1ull << 2)
#define X86_PTE_PWT      (1ull << 3)
#define X86_PTE_PCD      (1ull << 4)
#define X86_PTE_ACCESSED (1ull << 5)
#define X86_PTE_DIRTY    (1ull << 6)
#define X86_PTE_LARGE    (1ull << 7)
#define X86_PTE_GLOBAL   (1ull << 8)
#define X86_PTE_NX       (1ull << 63)
#define X86_PTE_ADDRESS  0x000ffffffffff000ull

#define X86_PTE_RX     (X86_PTE_PRESENT | X86_PTE_GLOBAL | X86_PTE_ACCESSED)
#define X86_PTE_RO     (X86_PTE_RX | X86_PTE_NX)
#define X86_PTE_RW     (X86_PTE_RO | X86_PTE_WRITE | X86_PTE_DIRTY)
#define X86_PTE_DEVICE (X86_PTE_RW | X86_PTE_PCD | X86_PTE_PWT)

/* The root of idle CPUs, from which guests' L4s get the hypervisor's slots; made by x86_paging_init. */
extern uint64_t *x86_idle_l4;

/*
 * Maps [address, +length) to physical memory with 4 KiB or, where both are aligned, 2 MiB pages; flags are
 * X86_PTE_*. Tables come from x86_boot_alloc. Boot only; replaces what was there.
 */
void x86_map(uintptr_t address, uint64_t physical, uint64_t length, uint64_t flags);

/* The same in another root, for XPTI. */
void x86_map_in(uint64_t *l4, uintptr_t address, uint64_t physical, uint64_t length, uint64_t flags);

/* The L1 or 2 MiB entry that maps an address of the hypervisor, for backtraces and guards; NULL if none. */
const uint64_t *x86_find_entry(uintptr_t address);

/*
 * The final layout: direct map of all RAM, the image with each section's rights, the frame table and both
 * sides of the machine-to-physical table (all ~0); then loads it. Until then the boot tables (x86/head.S)
 * serve. Needs x86_ram.
 */
void x86_paging_init(void);

/* Maps a page of device registers, uncached, for good; boot only. */
volatile void *x86_map_device(uint64_t physical);

/* A view of firmware's tables: [physical, +length) in the direct map or a device window. Boot only. */
const void *x86_map_firmware(uint64_t physical, uint64_t length);

#endif
