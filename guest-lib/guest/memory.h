/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory: addresses, frames, pages and a small heap.
 *
 * The library maps pseudo-physical memory linearly from the image's base, as the domain builder began it, up
 * to MEMORY_MAPPED_MAX; pages beyond are known by their frame number only (memory_frame_count).
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "guest/x86.h"

#define MEMORY_MAPPED_MAX (64ul << 20)

/* Every bit set: no frame. */
#define MFN_NONE (~0ul)

extern char guest_virt_base[];

void memory_init(void);

/* Pages the linear map holds, and pages the domain began with. */
unsigned long memory_mapped_count(void);
unsigned long memory_frame_count(void);

/* Between linear addresses, pseudo-physical frames and machine frames. */
static inline void *memory_pfn_to_va(unsigned long pfn)
{
    return guest_virt_base + (pfn << PAGE_SHIFT);
}
static inline unsigned long memory_va_to_pfn(const void *address)
{
    return ((unsigned long)address - (unsigned long)guest_virt_base) >> PAGE_SHIFT;
}
unsigned long memory_pfn_to_mfn(unsigned long pfn);
void memory_set_mfn(unsigned long pfn, unsigned long mfn);
unsigned long memory_mfn_to_pfn(unsigned long mfn);
void *memory_mfn_to_va(unsigned long mfn);
/* The frame behind an address of the linear map. */
unsigned long memory_va_to_mfn(const void *address);
/* The machine address of a byte in the linear map. */
uint64_t memory_va_to_maddr(const void *address);

/* One zeroed page of the linear map, mapped read-write; the guest ends if there is none. */
void *memory_page_alloc(void);
/* `count` neighbouring zeroed pages, the first at a multiple of `count` if it is a power of two. */
void *memory_pages_alloc(unsigned long count);
/* Gives back pages that are mapped read-write and in no other use. */
void memory_pages_free(void *pages, unsigned long count);
static inline void memory_page_free(void *page)
{
    memory_pages_free(page, 1);
}

/* A heap; 16-byte aligned. The guest ends if there is no memory. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *pointer);

#endif
