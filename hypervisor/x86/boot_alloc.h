/* SPDX-License-Identifier: MIT */
/* Memory before the frame allocator exists: taken from the top of RAM downwards, never given back. */
#ifndef X86_BOOT_ALLOC_H
#define X86_BOOT_ALLOC_H

#include "lib/types.h"

/* Sets x86_ram from the loader's map and keeps the image, the modules and the loader's data out of the way.
 */
void x86_boot_memory_init(void);

/* The physical address of length bytes (rounded up to pages), zeroed, aligned to align (a power of two >=
 * 4096). Panics when out. */
uint64_t x86_boot_alloc(uint64_t length, uint64_t align);

/* Gives all RAM that nobody took to the frame allocator; x86_boot_alloc must not be used after it. */
void x86_boot_memory_release(void);

/* Frames the hypervisor took at boot, for figures. */
uint64_t x86_boot_taken(void);

#endif
