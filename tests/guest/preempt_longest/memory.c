/* SPDX-License-Identifier: MIT */
/* The largest extents, and page tables all of whose entries are in use, pinned, unpinned and changed in long lists. */
#include "guest/test.h"
#include "preempt_longest/longest.h"

#define ORDER_MAX 9 /* that any domain may have */
#define EXTENT    (1u << ORDER_MAX)

static xen_pfn_t small[EXTENT], large;

static long reservation(unsigned int command, xen_pfn_t *list, unsigned int count, unsigned int order)
{
    struct xen_memory_reservation request = {.nr_extents = count, .extent_order = order, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, list);
    return hypercall_memory_op(command, HARG(&request));
}

static void exchange(xen_pfn_t *in, unsigned int in_count, unsigned int in_order, xen_pfn_t *out,
                     unsigned int out_count, unsigned int out_order)
{
    struct xen_memory_exchange request = {
        .in = {.nr_extents = in_count, .extent_order = in_order, .domid = DOMID_SELF},
        .out = {.nr_extents = out_count, .extent_order = out_order, .domid = DOMID_SELF}};

    set_xen_guest_handle(request.in.extent_start, in);
    set_xen_guest_handle(request.out.extent_start, out);
    EXPECT_EQ(hypercall_memory_op(XENMEM_exchange, HARG(&request)), 0);
}

/* Page numbers for new memory, which nothing maps. */
static void name_pages(xen_pfn_t *list, unsigned int count, unsigned long first)
{
    for (unsigned int i = 0; i < count; i++) {
        list[i] = first + i;
    }
}

/* Gives the last pages back, which the library does not map, so that there is room for others. */
static unsigned long make_room(void)
{
    unsigned long first = memory_frame_count() - EXTENT;

    for (unsigned int i = 0; i < EXTENT; i++) {
        small[i] = memory_pfn_to_mfn(first + i);
    }
    EXPECT_EQ(reservation(XENMEM_decrease_reservation, small, EXTENT, 0), EXTENT);
    return first;
}

GUEST_TEST(longest_memory)
{
    unsigned long first = make_room();

    large = first;
    ASSERT_EQ(reservation(XENMEM_populate_physmap, &large, 1, ORDER_MAX), 1);
    name_pages(small, EXTENT, first);
    exchange(&large, 1, ORDER_MAX, small, EXTENT, 0);
    large = first;
    exchange(small, EXTENT, 0, &large, 1, ORDER_MAX);
    EXPECT_EQ(reservation(XENMEM_decrease_reservation, &large, 1, ORDER_MAX), 1);
    name_pages(small, EXTENT, first);
    EXPECT_EQ(reservation(XENMEM_populate_physmap, small, EXTENT, 0), EXTENT);
    EXPECT_EQ(reservation(XENMEM_decrease_reservation, small, EXTENT, 0), EXTENT);
}

/* A table of `level` all of whose entries that a guest may use are the table `below`, or read-only pages. */
static uint64_t *fill(unsigned int level, const void *below)
{
    uint64_t *table = memory_page_alloc(), entry = memory_va_to_maddr(below);

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        bool hypervisors = level == 4 && i >= 256 && i < 272;

        table[i] = hypervisors ? 0 : entry | (level == 1 ? PTE_PAGE_RO : PTE_TABLE);
    }
    EXPECT_EQ(pt_protect(table, false), 0);
    return table;
}

GUEST_TEST(longest_tables)
{
    static struct mmu_update updates[PT_ENTRIES];
    static struct mmuext_op pins[64];
    const void *table = memory_page_alloc();
    unsigned long done = 0;
    uint64_t *level1 = NULL;

    for (unsigned int level = 1; level <= 4; level++) {
        table = fill(level, table);
        level1 = level == 1 ? (uint64_t *)table : level1;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(pins); i++) {
        pins[i].cmd = i % 2 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L4_TABLE;
        pins[i].arg1.mfn = memory_va_to_mfn(table);
    }
    EXPECT_EQ(hypercall_mmuext_op(HARG(pins), ARRAY_SIZE(pins), 0, DOMID_SELF), 0);
    EXPECT_EQ(hypercall_mmuext_op(HARG(pins), 1, 0, DOMID_SELF), 0);
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        updates[i] = (struct mmu_update){.ptr = memory_va_to_maddr(&level1[i]), .val = 0};
    }
    EXPECT_EQ(hypercall_mmu_update(HARG(updates), PT_ENTRIES, HARG(&done), DOMID_SELF), 0);
    EXPECT_EQ(hypercall_mmuext_op(HARG(&pins[1]), 1, 0, DOMID_SELF), 0);
}
