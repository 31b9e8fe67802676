/* SPDX-License-Identifier: MIT */
/*
 * The first domain's first page tables: 4 KiB pages, everything writable but the tables themselves. The L4
 * comes first, then tables in the order in which mapping asks for them.
 */
#include "boot/dom0_tables.h"
#include "port/cpu.h"
#include "port/map.h"

#define END_ALIGN 0x400000ull
#define END_ROOM  0x80000ull

#define PTE_TABLE     0x67ull /* present, writable, user, accessed, dirty */
#define PTE_PAGE      0x67ull
#define PTE_READ_ONLY 0x65ull

/* Tables of one level for a range of virtual addresses. */
static uint64_t tables_of(uint64_t start, uint64_t end, unsigned int level)
{
    unsigned int shift = 12 + 9 * level;

    return ((end - 1) >> shift) - (start >> shift) + 1;
}

void dom0_tables_count(struct dom0 *b)
{
    uint64_t start = b->kernel.virt_base, end = 0;

    /* The tables are mapped themselves, so their number and the end of the mapping depend on each other. */
    for (uint64_t count = 1;; count = b->table_count) {
        uint64_t used = (b->tables + count + 1) << PAGE_SHIFT;

        end = ROUND_UP(start + used + END_ROOM, END_ALIGN);
        if (end <= start) {
            end = 0; /* the mapping ends with the address space */
        }
        b->table_count = 1 + tables_of(start, end, 3) + tables_of(start, end, 2) + tables_of(start, end, 1);
        if (b->table_count <= count) {
            break;
        }
    }
    b->stack = b->tables + b->table_count;
    b->mapped_end = (end - start) >> PAGE_SHIFT;
}

uint64_t dom0_list_table_count(const struct dom0 *b)
{
    uint64_t start = b->kernel.init_p2m, end = start + (b->list_pages << PAGE_SHIFT);

    return tables_of(start, end, 3) + tables_of(start, end, 2) + tables_of(start, end, 1);
}

/* The table of the next level down; made from *next if there is none. */
static uint64_t descend(const struct dom0 *b, uint64_t table, unsigned int index, uint64_t *next)
{
    uint64_t *entries = port_map_frame(mfn(table)), entry = entries[index];

    if (!(entry & 1)) {
        mfn_t fresh = mfn(b->list[(*next)++]);

        port_clear_frame(fresh);
        entry = entries[index] = fresh.n << PAGE_SHIFT | PTE_TABLE;
    }
    port_unmap_frame(entries);
    return (entry & 0x000ffffffffff000ull) >> PAGE_SHIFT;
}

static void map_one(const struct dom0 *b, uint64_t address, uint64_t frame, uint64_t flags, uint64_t *next)
{
    uint64_t table = b->list[b->tables], *entries;

    for (unsigned int level = 4; level > 1; level--) {
        table = descend(b, table, address >> (3 + 9 * level) & 511, next);
    }
    entries = port_map_frame(mfn(table));
    entries[address >> 12 & 511] = b->list[frame] << PAGE_SHIFT | flags;
    port_unmap_frame(entries);
}

void dom0_tables_write(const struct dom0 *b)
{
    uint64_t next = b->tables + 1, next_of_list = b->list_tables;

    port_clear_frame(mfn(b->list[b->tables]));
    for (uint64_t n = 0; n < b->mapped_end; n++) {
        bool table = n >= b->tables && n < b->tables + b->table_count;

        map_one(b, b->kernel.virt_base + (n << PAGE_SHIFT), n, table ? PTE_READ_ONLY : PTE_PAGE, &next);
    }
    ASSERT(next <= b->tables + b->table_count);
    for (uint64_t page = 0; b->list_apart && page < b->list_pages; page++) {
        map_one(b, b->kernel.init_p2m + (page << PAGE_SHIFT), b->list_at + page, PTE_PAGE, &next_of_list);
    }
    ASSERT(!b->list_apart || next_of_list <= b->list_frames_end);
}
