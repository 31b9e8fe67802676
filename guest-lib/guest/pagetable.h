/* SPDX-License-Identifier: MIT */
/*
 * Page tables: find an entry, change it by hypercall, map frames where nothing else is, and make roots of
 * one's own.
 *
 * Results are 0 or the hypervisor's negative error. Tables are reached through the linear map, where they are
 * read-only.
 */
#ifndef GUEST_PAGETABLE_H
#define GUEST_PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/memory.h"
#include "guest/x86.h"
#include "pvabi/xen.h"

/* Where pt_map_frame and pt_reserve find addresses: the first slot above the hypervisor's. */
#define PT_AREA_BASE 0xffff880000000000ul

/* Index of `address` in its table of `level`, 1 to 4. */
static inline unsigned int pt_index(const void *address, unsigned int level)
{
    return (unsigned long)address >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

/* The entry for `address` in its table of `level` under the kernel's root, or NULL if there is no such table.
 */
const uint64_t *pt_entry(const void *address, unsigned int level);
/* The entry of level 1, or 0 if there is none. */
uint64_t pt_get(const void *address);
/* The machine address of the entry, as mmu_update wants it; 0 if there is no such table. */
uint64_t pt_entry_maddr(const void *address, unsigned int level);

/* Sets the entry of level 1 by update_va_mapping, and invalidates that address on this vCPU. */
int pt_set(void *address, uint64_t pte);
/* One mmu_update of the entry at machine address `maddr`, whose low bits may hold a command. */
int pt_update(uint64_t maddr, uint64_t value);
/* Sets the entry of level 1, making the tables in between. */
int pt_map(void *address, uint64_t pte);
/* A fresh address, page-aligned, with its tables there and `count` entries empty. */
void *pt_reserve(unsigned long count);
/* Maps a machine frame at a fresh address. Returns NULL if the hypervisor refuses. */
void *pt_map_frame(unsigned long mfn, uint64_t bits);
/* Takes a mapping away and leaves the address unused. */
int pt_unmap(void *address);
/* Makes a page of the linear map read-only or read-write. */
int pt_protect(void *page, bool writable);

/* Updates of entries put aside, so that one hypercall does many. Not for two vCPUs at once. */
#define PT_BATCH 64
struct pt_batch {
    unsigned int count;
    int error; /* of the first hypercall that failed since the last pt_batch_end */
    struct mmu_update updates[PT_BATCH];
};
/* The entry at machine address `maddr` shall be `value`, at the latest at pt_batch_end. */
void pt_batch_add(struct pt_batch *batch, uint64_t maddr, uint64_t value);
/* Does what was put aside. 0, or the first error: the updates before it are done. */
int pt_batch_end(struct pt_batch *batch);
/* Maps `count` frames, or with NULL nothing, at neighbouring addresses; tables are made, and the TLB is flushed. */
int pt_map_range(void *address, const unsigned long *mfns, unsigned long count, uint64_t bits);

/* One mmuext_op with an mfn or a linear address as its argument. */
int pt_mmuext(unsigned int command, unsigned long argument);
/* Makes a page read-only and pins it as a table of `level`. */
int pt_pin(void *page, unsigned int level);
/* Unpins a table and makes its page read-write again. */
int pt_unpin(void *page);
/* The frame of the root that the kernel runs on. */
unsigned long pt_root_mfn(void);
/* The root as an array of entries, read-only. */
const uint64_t *pt_root(void);
/* Loads another kernel root; the guest's image must be mapped in it. */
int pt_load_root(unsigned long mfn);
/* A pinned copy of the kernel's root without the hypervisor's slots; NULL if the hypervisor refuses. */
uint64_t *pt_clone_root(void);
/* Unpins and frees a root made by pt_clone_root. */
void pt_free_root(uint64_t *root);
void pt_flush_local(void);
/*
 * Tells who saves the domain where the list of its frames is: the library has it where the domain builder put it.
 * They look before they ask for the suspend, so it is told at start of day and for each new root.
 */
void pt_publish_frames(void);
/* After a resume: the frames of memory are others, the kernel's root is now behind this pseudo-physical one. */
void pt_resume(unsigned long root_pfn);

#endif
