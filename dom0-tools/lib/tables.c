/* SPDX-License-Identifier: MIT */
/* The content of a new PV domain's first page tables. */
#include "lib/tables.h"

#include <stdbool.h>

#define PAGE_SHIFT  12
#define TABLE_SHIFT 9

/* Bits of an entry, as the CPU defines them. A 64-bit PV kernel runs in ring 3, so all is for the user. */
#define ENTRY_PRESENT  0x01U
#define ENTRY_WRITABLE 0x02U
#define ENTRY_USER     0x04U
#define ENTRY_ACCESSED 0x20U
#define ENTRY_DIRTY    0x40U
#define LEAF           (ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED)
#define BRANCH         (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY)

struct fill {
    const struct pv_layout *layout;
    const uint64_t *p2m;
    uint64_t *(*table)(void *argument, uint64_t frame);
    void *argument;
};

static bool run_has(const struct pv_run *run, uint64_t frame)
{
    return frame - run->first < run->count;
}

static bool is_table(const struct pv_layout *layout, uint64_t frame)
{
    bool apart = layout->p2m_apart && run_has(&layout->p2m_all, frame) && !run_has(&layout->p2m, frame);

    return apart || run_has(&layout->page_tables, frame);
}

static uint64_t entry_of(const struct fill *fill, uint64_t frame, uint64_t flags)
{
    return fill->p2m[frame] << PAGE_SHIFT | flags;
}

static void fill_leaves(const struct fill *fill, const struct pv_mapping *mapping)
{
    uint64_t base = mapping->start >> (PAGE_SHIFT + TABLE_SHIFT);
    uint64_t frame = mapping->first_frame;

    for (uint64_t page = mapping->start >> PAGE_SHIFT; page <= (mapping->end - 1) >> PAGE_SHIFT;
         page++, frame++) {
        uint64_t *table =
            fill->table(fill->argument, mapping->tables[1].first + (page >> TABLE_SHIFT) - base);
        uint64_t flags = is_table(fill->layout, frame) ? LEAF : LEAF | ENTRY_WRITABLE;

        table[page % PV_TABLE_ENTRIES] = entry_of(fill, frame, flags);
    }
}

/* Lets the tables of `level` + 1 point at those of `level`. */
static void fill_branches(const struct fill *fill, const struct pv_mapping *mapping, unsigned int level)
{
    uint64_t first = mapping->start >> (PAGE_SHIFT + TABLE_SHIFT * level);
    uint64_t upper_first = first >> TABLE_SHIFT;

    for (uint64_t i = 0; i < mapping->tables[level].count; i++) {
        uint64_t index = first + i;
        uint64_t upper = level == PV_TABLE_LEVELS - 1
                             ? fill->layout->page_tables.first
                             : mapping->tables[level + 1].first + (index >> TABLE_SHIFT) - upper_first;

        fill->table(fill->argument, upper)[index % PV_TABLE_ENTRIES] =
            entry_of(fill, mapping->tables[level].first + i, BRANCH);
    }
}

static void fill_mapping(const struct fill *fill, const struct pv_mapping *mapping)
{
    fill_leaves(fill, mapping);
    for (unsigned int level = 1; level < PV_TABLE_LEVELS; level++) {
        fill_branches(fill, mapping, level);
    }
}

void pv_tables_fill(const struct pv_layout *layout, const uint64_t *p2m,
                    uint64_t *(*table)(void *argument, uint64_t frame), void *argument)
{
    const struct fill fill = {layout, p2m, table, argument};

    fill_mapping(&fill, &layout->main);
    if (layout->p2m_apart) {
        fill_mapping(&fill, &layout->p2m_map);
    }
}
