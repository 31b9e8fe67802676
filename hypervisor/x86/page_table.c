/* SPDX-License-Identifier: MIT */
/* The hypervisor's own mappings. */
#include "x86/page_table.h"
#include "core/frame.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "x86/boot_alloc.h"

#define LARGE_SIZE   0x200000ull
#define LARGE_FRAMES (LARGE_SIZE / PAGE_SIZE)
#define TABLE_FLAGS  (X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_ACCESSED | X86_PTE_DIRTY)

extern const char image_start[], image_text_end[], image_rodata_end[], image_end[];

uint64_t *x86_idle_l4;

static unsigned int device_pages;

static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(LAYOUT_DIRECT + (entry & X86_PTE_ADDRESS));
}

/* The table that an entry leads to; made if there is none or a large page stands there. */
static uint64_t *descend(uint64_t *entry, uint64_t user)
{
    if (!(*entry & X86_PTE_PRESENT) || *entry & X86_PTE_LARGE) {
        *entry = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE) | TABLE_FLAGS;
    }
    *entry |= user;
    return table_at(*entry);
}

static unsigned int slot(uintptr_t address, unsigned int level)
{
    return address >> (3 + 9 * level) & 511;
}

void x86_map_in(uint64_t *l4, uintptr_t address, uint64_t physical, uint64_t length, uint64_t flags)
{
    uint64_t user = flags & X86_PTE_USER;

    while (length > 0) {
        uint64_t *l3 = descend(&l4[slot(address, 4)], user);
        uint64_t *l2 = descend(&l3[slot(address, 3)], user);
        uint64_t *entry = &l2[slot(address, 2)], step = PAGE_SIZE;

        if (((address | physical) & (LARGE_SIZE - 1)) == 0 && length >= LARGE_SIZE) {
            *entry = physical | flags | X86_PTE_LARGE;
            step = LARGE_SIZE;
        } else {
            descend(entry, user)[slot(address, 1)] = physical | flags;
        }
        address += step;
        physical += step;
        length -= MIN(step, length);
    }
}

void x86_map(uintptr_t address, uint64_t physical, uint64_t length, uint64_t flags)
{
    x86_map_in(x86_idle_l4, address, physical, length, flags);
}

const uint64_t *x86_find_entry(uintptr_t address)
{
    const uint64_t *table = x86_idle_l4;

    for (unsigned int level = 4;; level--) {
        const uint64_t *entry = &table[slot(address, level)];

        if (!(*entry & X86_PTE_PRESENT)) {
            return NULL;
        }
        if (level == 1 || *entry & X86_PTE_LARGE) {
            return entry;
        }
        table = table_at(*entry);
    }
}

/* All L3s of the hypervisor's slots exist for good, so that no later mapping edits an L4. */
static void make_l3_tables(void)
{
    for (unsigned int i = LAYOUT_SLOT_FIRST; i < LAYOUT_SLOT_END; i++) {
        if (i != LAYOUT_SLOT_WINDOWS) {
            descend(&x86_idle_l4[i], i == LAYOUT_SLOT_M2P ? X86_PTE_USER : 0);
        }
    }
}

static void map_direct(void)
{
    for (unsigned int i = 0; i < x86_ram_count; i++) {
        uint64_t start = x86_ram[i].first << PAGE_SHIFT, end = x86_ram[i].end << PAGE_SHIFT;
        uint64_t head = MIN(end, ROUND_UP(start, LARGE_SIZE));

        x86_map(LAYOUT_DIRECT + start, start, head - start, X86_PTE_RW);
        x86_map(LAYOUT_DIRECT + head, head, end - head, X86_PTE_RW);
    }
}

static void map_image(void)
{
    uintptr_t start = (uintptr_t)image_start, text = (uintptr_t)image_text_end,
              rodata = (uintptr_t)image_rodata_end;

    x86_map(start, start - LAYOUT_IMAGE, text - start, X86_PTE_RX);
    x86_map(text, text - LAYOUT_IMAGE, rodata - text, X86_PTE_RO);
    x86_map(rodata, rodata - LAYOUT_IMAGE, (uintptr_t)image_end - rodata, X86_PTE_RW);
}

/* Backs the part of a table of element_size-byte elements that describes the frames [first, end) with memory.
 */
static void back_table(uintptr_t table, uint64_t element_size, uint64_t first, uint64_t end)
{
    uintptr_t at = (table + first * element_size) & PAGE_MASK,
              to = ROUND_UP(table + end * element_size, PAGE_SIZE);

    for (; at < to; at += PAGE_SIZE) {
        uint64_t step = PAGE_SIZE;

        if (x86_find_entry(at)) {
            continue;
        }
        if ((at & (LARGE_SIZE - 1)) == 0 && to - at >= LARGE_SIZE) {
            step = LARGE_SIZE;
        }
        x86_map(at, x86_boot_alloc(step, step), step, X86_PTE_RW);
        at += step - PAGE_SIZE;
    }
}

/* Where there is no RAM the frame table reads as frames that nobody owns: one page of zeros for all of them.
 */
static void back_holes(void)
{
    uintptr_t end = ROUND_UP(LAYOUT_FRAMES + port_frame_limit() * sizeof(struct frame), PAGE_SIZE);
    uint64_t zeros = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE);

    for (uintptr_t at = LAYOUT_FRAMES; at < end; at += PAGE_SIZE) {
        if (!x86_find_entry(at)) {
            x86_map(at, zeros, PAGE_SIZE, X86_PTE_RO);
        }
    }
}

/*
 * The machine-to-physical table. Chunks of 2 MiB describe a GiB each; where there is no RAM at all, one L2,
 * one L1 and one page of all ones serve the whole range of 2^35 entries, so that a guest's read never faults.
 */
static void map_m2p(void)
{
    uint64_t ones = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE), l1 = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE);
    uint64_t l2 = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE), *l3 = table_at(x86_idle_l4[LAYOUT_SLOT_M2P]);
    uint64_t table = TABLE_FLAGS | X86_PTE_USER, read_only = X86_PTE_RO | X86_PTE_USER;

    memset((void *)(LAYOUT_DIRECT + ones), 0xff, PAGE_SIZE);
    for (unsigned int i = 0; i < 512; i++) {
        table_at(l1)[i] = ones | read_only;
        table_at(l2)[i] = l1 | table;
    }
    for (unsigned int i = 0; i < LAYOUT_M2P_SIZE >> 30; i++) {
        l3[i] = l2 | table;
    }
    for (uint64_t at = 0; at < port_frame_limit() * 8; at += 1ull << 30) {
        uint64_t own = x86_boot_alloc(PAGE_SIZE, PAGE_SIZE);

        memcpy(table_at(own), table_at(l2), PAGE_SIZE);
        l3[at >> 30] = own | table;
    }
    for (unsigned int i = 0; i < x86_ram_count; i++) {
        for (uint64_t at = x86_ram[i].first * 8 & ~(LARGE_SIZE - 1); at < x86_ram[i].end * 8;
             at += LARGE_SIZE) {
            if (!x86_find_entry(LAYOUT_M2P_RW + at)) {
                uint64_t chunk = x86_boot_alloc(LARGE_SIZE, LARGE_SIZE);

                memset((void *)(LAYOUT_DIRECT + chunk), 0xff, LARGE_SIZE);
                x86_map(LAYOUT_M2P_RW + at, chunk, LARGE_SIZE, X86_PTE_RW);
                x86_map(LAYOUT_M2P + at, chunk, LARGE_SIZE, read_only);
            }
        }
    }
}

void x86_paging_init(void)
{
    x86_idle_l4 = (uint64_t *)(LAYOUT_DIRECT + x86_boot_alloc(PAGE_SIZE, PAGE_SIZE));
    make_l3_tables();
    map_direct();
    map_image();
    for (unsigned int i = 0; i < x86_ram_count; i++) {
        back_table(LAYOUT_FRAMES, sizeof(struct frame), x86_ram[i].first, x86_ram[i].end);
    }
    back_holes();
    map_m2p();
    __asm__ volatile("mov %0, %%cr3" ::"r"((uint64_t)x86_idle_l4 - LAYOUT_DIRECT) : "memory");
}

volatile void *x86_map_device(uint64_t physical)
{
    uintptr_t address = LAYOUT_DEVICES + (uintptr_t)device_pages++ * PAGE_SIZE;

    x86_map(address, physical & PAGE_MASK, PAGE_SIZE, X86_PTE_DEVICE);
    return (volatile void *)(address + (physical & (PAGE_SIZE - 1)));
}

const void *x86_map_firmware(uint64_t physical, uint64_t length)
{
    uint64_t first = physical >> PAGE_SHIFT, end = (physical + length - 1) >> PAGE_SHIFT;

    for (; first <= end; first++) {
        uintptr_t address = LAYOUT_DIRECT + (first << PAGE_SHIFT);

        if (!port_frame_is_ram(mfn(first)) && !x86_find_entry(address)) {
            x86_map(address, first << PAGE_SHIFT, PAGE_SIZE, X86_PTE_RO);
        }
    }
    return (const void *)(LAYOUT_DIRECT + physical);
}
