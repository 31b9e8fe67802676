/* SPDX-License-Identifier: MIT */
/* Memory before the frame allocator exists. The model: RAM regions, and a sorted list of ranges that are
 * taken. */
#include "x86/boot_alloc.h"
#include "core/frame.h"
#include "lib/e820.h"
#include "lib/extents.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "x86/loader.h"

#define FOUR_GIB 0x100000000ull

struct x86_ram_region x86_ram[X86_RAM_REGIONS_MAX];
unsigned int x86_ram_count;

extern const char image_start[], image_end[];

static struct extents taken;
static uint64_t alloc_total;

static void take(uint64_t start, uint64_t end)
{
    if (!extents_add(&taken, start, end)) {
        port_panic("the boot loader's map has too many pieces");
    }
}

/* The map ascends and has no overlaps: boot_memory_sort. */
static void add_region(uint64_t first, uint64_t end)
{
    if (first >= end) {
        return;
    }
    if (x86_ram_count == X86_RAM_REGIONS_MAX) {
        port_panic("the memory map has more than %u pieces of RAM", X86_RAM_REGIONS_MAX);
    }
    x86_ram[x86_ram_count++] = (struct x86_ram_region){first, end};
}

void x86_boot_memory_init(void)
{
    for (unsigned int i = 0; i < boot_info.memory_count; i++) {
        const struct boot_memory *m = &boot_info.memory[i];

        /* The first MiB is the firmware's: domains see it as I/O memory. */
        if (m->type == E820_RAM) {
            add_region(MAX(ROUND_UP(m->start, PAGE_SIZE), 1ull << 20) >> PAGE_SHIFT,
                       MIN(m->start + m->length, LAYOUT_DIRECT_SIZE) >> PAGE_SHIFT);
        }
    }
    if (x86_ram_count == 0) {
        port_panic("the boot loader's memory map has no RAM");
    }
    take((uintptr_t)image_start - LAYOUT_IMAGE, (uintptr_t)image_end - LAYOUT_IMAGE);
    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        take(boot_info.modules[i].start & PAGE_MASK, ROUND_UP(boot_info.modules[i].end, PAGE_SIZE));
    }
}

uint64_t x86_boot_alloc(uint64_t length, uint64_t align)
{
    length = ROUND_UP(length, PAGE_SIZE);
    for (unsigned int i = x86_ram_count; i-- > 0;) {
        uint64_t end = MIN(x86_ram[i].end << PAGE_SHIFT, FOUR_GIB);
        uint64_t at = extents_place(&taken, x86_ram[i].first << PAGE_SHIFT, end, length, align);

        if (at != 0) {
            take(at, at + length);
            alloc_total += length;
            memset((void *)(LAYOUT_DIRECT + at), 0, length);
            return at;
        }
    }
    port_panic("too little memory: %llu KiB more are needed to start; give the machine at least 256 MiB",
               (unsigned long long)length >> 10);
}

static void release(uint64_t start, uint64_t end)
{
    if (end > start) {
        frame_add_free(mfn(start >> PAGE_SHIFT), (end - start) >> PAGE_SHIFT);
    }
}

void x86_boot_memory_release(void)
{
    for (unsigned int i = 0; i < x86_ram_count; i++) {
        uint64_t at = x86_ram[i].first << PAGE_SHIFT, end = x86_ram[i].end << PAGE_SHIFT;

        for (unsigned int t = 0; t < taken.count; t++) {
            if (taken.items[t].end > at && taken.items[t].start < end) {
                release(at, taken.items[t].start);
                at = taken.items[t].end;
            }
        }
        release(at, end);
    }
}

uint64_t x86_boot_taken(void)
{
    return (alloc_total + (uintptr_t)image_end - (uintptr_t)image_start) >> PAGE_SHIFT;
}

uint64_t port_ram_frames(void)
{
    uint64_t count = 0;

    for (unsigned int i = 0; i < x86_ram_count; i++) {
        count += x86_ram[i].end - x86_ram[i].first;
    }
    return count;
}
