/* SPDX-License-Identifier: MIT */
/* Where everything of a new PV domain lies: the order that Xen's public interface promises to a guest. */
#include "lib/layout.h"

#include <inttypes.h>

#define PAGE_SHIFT  12
#define PAGE_BYTES  (UINT64_C(1) << PAGE_SHIFT)
#define TABLE_SHIFT 9
/* The initial mapping ends on such a boundary and leaves so much free behind the boot stack. */
#define MAPPING_ALIGN (UINT64_C(4) << 20)
#define MAPPING_SLACK (UINT64_C(512) << 10)

/* The hypervisor's part of the address space begins here and guests' kernels may use what lies behind its
 * end. */
#define HYPERVISOR_END UINT64_C(0xffff880000000000)
#define LOW_END        (UINT64_C(1) << 47)

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

static unsigned int level_shift(unsigned int level)
{
    return PAGE_SHIFT + TABLE_SHIFT * level;
}

uint64_t pv_layout_tables(uint64_t start, uint64_t end, unsigned int level)
{
    unsigned int shift = level_shift(level);

    return ((end - 1) >> shift) - (start >> shift) + 1;
}

uint64_t pv_layout_address(const struct pv_layout *layout, uint64_t frame)
{
    return layout->virt_base + (frame << PAGE_SHIFT);
}

static bool range_is_guests(uint64_t start, uint64_t end)
{
    return start < end && (end <= LOW_END || start >= HYPERVISOR_END);
}

/* Takes frames from `next` on for the tables of levels 3, 2, 1 of a mapping, in this order. Returns the next.
 */
static uint64_t take_tables(struct pv_mapping *mapping, uint64_t next)
{
    for (unsigned int level = PV_TABLE_LEVELS - 1; level >= 1; level--) {
        mapping->tables[level].first = next;
        mapping->tables[level].count = pv_layout_tables(mapping->start, mapping->end, level);
        next += mapping->tables[level].count;
    }
    return next;
}

static struct pv_run take(uint64_t *next, uint64_t count)
{
    struct pv_run run = {*next, count};

    *next += count;
    return run;
}

/*
 * The page tables lie inside of what they map, so their count depends on itself: the mapped size grows until
 * all fits. It does so in steps of 4 MiB, each of which needs two more tables at most and brings 1024 pages.
 */
static void take_main_tables(struct pv_layout *layout, uint64_t *next)
{
    struct pv_mapping *main = &layout->main;
    uint64_t tables = 1, size, end;

    do {
        layout->page_tables.count = tables;
        size = (*next + tables + 1) * PAGE_BYTES + MAPPING_SLACK;
        size = (layout->virt_base + size + MAPPING_ALIGN - 1) / MAPPING_ALIGN * MAPPING_ALIGN -
               layout->virt_base;
        main->start = layout->virt_base;
        main->end = layout->virt_base + size;
        end = take_tables(main, *next + 1);
        tables = end - *next;
    } while (tables > layout->page_tables.count);
    layout->page_tables = (struct pv_run){*next, tables};
    layout->boot_stack = *next + tables;
    *next = size >> PAGE_SHIFT;
}

/* A list that lies apart must share no table below the L4 with the rest, and lie where guests may map. */
static bool p2m_can_lie_apart(const struct pv_layout_input *input)
{
    uint64_t end = input->init_p2m + pages_of(input->pages * sizeof(uint64_t)) * PAGE_BYTES;
    unsigned int slot = level_shift(PV_TABLE_LEVELS - 1);

    return input->has_init_p2m && input->init_p2m % PAGE_BYTES == 0 && input->init_p2m < input->virt_base &&
           range_is_guests(input->init_p2m, end) && (end - 1) >> slot < input->virt_base >> slot;
}

static void take_p2m_apart(const struct pv_layout_input *input, struct pv_layout *layout, uint64_t *next)
{
    uint64_t first = *next;

    layout->p2m = take(next, pages_of(input->pages * sizeof(uint64_t)));
    layout->p2m_map.start = input->init_p2m;
    layout->p2m_map.end = input->init_p2m + layout->p2m.count * PAGE_BYTES;
    layout->p2m_map.first_frame = layout->p2m.first;
    *next = take_tables(&layout->p2m_map, *next);
    layout->p2m_all = (struct pv_run){first, *next - first};
}

/* Generous, so that nothing in the layout's arithmetic can leave the address space. */
static bool fits_addresses(const struct pv_layout_input *input, bool p2m_apart)
{
    uint64_t size = input->kernel_end - input->virt_base;

    if (!input->ramdisk_by_frame) {
        size += input->ramdisk_size;
    }
    if (!p2m_apart) {
        size += input->pages * sizeof(uint64_t);
    }
    size += size / 128 + 4 * MAPPING_ALIGN;
    if (input->virt_base < LOW_END) {
        return size <= LOW_END - input->virt_base;
    }
    return input->virt_base >= HYPERVISOR_END && size <= UINT64_MAX - input->virt_base;
}

static int check_input(const struct pv_layout_input *input, bool p2m_apart, struct pv_error *error)
{
    /* No sum of sizes can wrap: all are far under 2^63 together. */
    const uint64_t most = UINT64_C(1) << 42;

    if (input->kernel_start < input->virt_base || input->kernel_end <= input->kernel_start ||
        input->kernel_end - input->virt_base > most || input->ramdisk_size > most ||
        input->pages > most >> PAGE_SHIFT || input->virt_base % PAGE_BYTES != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "the kernel's or ramdisk's size makes no sense");
    }
    if (!fits_addresses(input, p2m_apart)) {
        return pv_error_set(
            error, PV_ERROR_RESOURCES,
            "the kernel and its ramdisk do not fit into the addresses behind the kernel's base");
    }
    return 0;
}

static int check_fit(const struct pv_layout *layout, struct pv_error *error)
{
    if (layout->end > layout->pages) {
        return pv_error_set(error, PV_ERROR_RESOURCES,
                            "the kernel and its ramdisk need %" PRIu64
                            " MiB at start, and the domain has %" PRIu64,
                            (layout->end >> 8) + 1, layout->pages >> 8);
    }
    return 0;
}

int pv_layout_make(const struct pv_layout_input *input, struct pv_layout *layout, struct pv_error *error)
{
    uint64_t next;

    *layout = (struct pv_layout){.virt_base = input->virt_base, .pages = input->pages};
    layout->p2m_apart = p2m_can_lie_apart(input);
    if (check_input(input, layout->p2m_apart, error) != 0) {
        return -1;
    }
    layout->kernel.first = (input->kernel_start - input->virt_base) >> PAGE_SHIFT;
    next = pages_of(input->kernel_end - input->virt_base);
    layout->kernel.count = next - layout->kernel.first;
    if (!input->ramdisk_by_frame) {
        layout->ramdisk = take(&next, pages_of(input->ramdisk_size));
    }
    if (!layout->p2m_apart) {
        layout->p2m = take(&next, pages_of(input->pages * sizeof(uint64_t)));
    }
    layout->start_info = next++;
    layout->store_ring = next++;
    layout->console_ring = next++;
    take_main_tables(layout, &next);
    if (layout->p2m_apart) {
        take_p2m_apart(input, layout, &next);
    }
    if (input->ramdisk_by_frame) {
        layout->ramdisk = take(&next, pages_of(input->ramdisk_size));
    }
    layout->end = next;
    return check_fit(layout, error);
}
