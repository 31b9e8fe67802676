/* SPDX-License-Identifier: MIT */
/*
 * Which frames there are, which are free, and the linear map over them.
 *
 * A bitmap has a bit for each page of the linear map, set while it is free.
 */
#include "guest/memory.h"

#include <stdbool.h>

#include "guest/exit.h"
#include "guest/lock.h"
#include "guest/pagetable.h"
#include "guest/start.h"
#include "guest/string.h"
#include "pvabi/xen.h"

#define PAGES_MAX     (MEMORY_MAPPED_MAX >> PAGE_SHIFT)
#define BITS_PER_WORD 64

static uint64_t free_bits[PAGES_MAX / BITS_PER_WORD];
static unsigned long mapped_count;
static struct guest_lock memory_lock;

unsigned long memory_mapped_count(void)
{
    return mapped_count;
}

unsigned long memory_frame_count(void)
{
    return guest_start_info->nr_pages;
}

unsigned long memory_pfn_to_mfn(unsigned long pfn)
{
    return ((unsigned long *)guest_start_info->mfn_list)[pfn];
}

void memory_set_mfn(unsigned long pfn, unsigned long mfn)
{
    ((unsigned long *)guest_start_info->mfn_list)[pfn] = mfn;
}

unsigned long memory_mfn_to_pfn(unsigned long mfn)
{
    return machine_to_phys_mapping[mfn];
}

void *memory_mfn_to_va(unsigned long mfn)
{
    return memory_pfn_to_va(memory_mfn_to_pfn(mfn));
}

unsigned long memory_va_to_mfn(const void *address)
{
    return memory_pfn_to_mfn(memory_va_to_pfn(address));
}

uint64_t memory_va_to_maddr(const void *address)
{
    return memory_va_to_mfn(address) << PAGE_SHIFT | ((unsigned long)address & ~PAGE_MASK);
}

static bool is_free(unsigned long pfn)
{
    return free_bits[pfn / BITS_PER_WORD] >> (pfn % BITS_PER_WORD) & 1;
}

static void set_free(unsigned long pfn, unsigned long count, bool free_now)
{
    for (; count; count--, pfn++) {
        uint64_t bit = 1ul << (pfn % BITS_PER_WORD);

        if (free_now) {
            free_bits[pfn / BITS_PER_WORD] |= bit;
        } else {
            free_bits[pfn / BITS_PER_WORD] &= ~bit;
        }
    }
}

static unsigned long find_free(unsigned long count)
{
    unsigned long step = (count & (count - 1)) == 0 ? count : 1;

    for (unsigned long pfn = 0; pfn + count <= mapped_count; pfn += step) {
        unsigned long run = 0;

        while (run < count && is_free(pfn + run)) {
            run++;
        }
        if (run == count) {
            return pfn;
        }
    }
    return MFN_NONE;
}

void *memory_pages_alloc(unsigned long count)
{
    bool masked = lock_take(&memory_lock);
    unsigned long pfn = find_free(count);

    if (pfn == MFN_NONE) {
        guest_crash("out of memory");
    }
    set_free(pfn, count, false);
    lock_give(&memory_lock, masked);
    return memset(memory_pfn_to_va(pfn), 0, count << PAGE_SHIFT);
}

void *memory_page_alloc(void)
{
    return memory_pages_alloc(1);
}

void memory_pages_free(void *pages, unsigned long count)
{
    bool masked = lock_take(&memory_lock);

    set_free(memory_va_to_pfn(pages), count, true);
    lock_give(&memory_lock, masked);
}

static bool domain_builder_mapped(unsigned long pfn)
{
    return pt_get(memory_pfn_to_va(pfn)) & PTE_P;
}

/* Maps what lies between the domain builder's map and `limit`; the tables come from pages already free. */
static void extend_map(unsigned long limit)
{
    for (; mapped_count < limit; mapped_count++) {
        uint64_t pte = memory_pfn_to_mfn(mapped_count) << PAGE_SHIFT | PTE_PAGE;

        if (pt_map(memory_pfn_to_va(mapped_count), pte) != 0) {
            break;
        }
        set_free(mapped_count, 1, true);
    }
}

/* What follows the boot stack is nobody's; the stack itself, the last thing the builder made, is not used
 * again. */
void memory_init(void)
{
    unsigned long tables_end =
        memory_va_to_pfn((void *)guest_start_info->pt_base) + guest_start_info->nr_pt_frames;
    unsigned long limit = memory_frame_count() < PAGES_MAX ? memory_frame_count() : PAGES_MAX;

    mapped_count = tables_end;
    while (mapped_count < limit && domain_builder_mapped(mapped_count)) {
        mapped_count++;
    }
    /* The page after the tables is the boot stack. */
    set_free(tables_end + 1, mapped_count - tables_end - 1, true);
    extend_map(limit);
}
