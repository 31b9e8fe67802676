/* SPDX-License-Identifier: MIT */
/* Mapping a grant, given to oneself: content, the entry's bits, twice, read-only, by the PTE's address, and
 * unmapping. */
#include "guest/test.h"

static domid_t self;

static void check_bits(int ref, uint16_t bits)
{
    EXPECT_EQ(grant_table()[ref].flags & (GTF_reading | GTF_writing), bits);
}

static void check_contains_pte(int ref, volatile uint64_t *window)
{
    struct gnttab_map_grant_ref map = {.host_addr = pt_entry_maddr((void *)window, 1),
                                       .flags = GNTMAP_host_map | GNTMAP_contains_pte,
                                       .ref = (grant_ref_t)ref,
                                       .dom = self};
    struct gnttab_unmap_grant_ref unmap = {.host_addr = map.host_addr};

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(&map), 1), 0);
    EXPECT_EQ(map.status, GNTST_okay);
    EXPECT_EQ(window[0], 4712);
    EXPECT(map.dev_bus_addr == (pt_get((void *)window) & PTE_FRAME) || map.dev_bus_addr == 0);
    unmap.handle = map.handle;
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, HARG(&unmap), 1), 0);
    EXPECT_EQ(unmap.status, GNTST_okay);
    EXPECT_EQ(pt_get((void *)window), 0);
}

GUEST_TEST(grant_map)
{
    volatile uint64_t *page = memory_page_alloc();
    volatile uint64_t *window = pt_reserve(2), *second = window + PT_ENTRIES;
    grant_handle_t handle, other;
    uint64_t value;
    int ref = grant_give(DOMID_SELF, memory_va_to_mfn((void *)page), false);

    ASSERT(ref > 0);
    /* The entry names the domain by its number; DOMID_SELF is one for hypercalls only. */
    self = event_own_domain();
    grant_table()[ref].domid = self;
    page[0] = 4711;
    ASSERT_EQ(grant_map((void *)window, self, (grant_ref_t)ref, 0, &handle), GNTST_okay);
    EXPECT_EQ(window[0], 4711);
    window[0] = 4712;
    EXPECT_EQ(page[0], 4712);
    check_bits(ref, GTF_reading | GTF_writing);
    EXPECT(!grant_end((grant_ref_t)ref));
    EXPECT_EQ(grant_map((void *)second, self, (grant_ref_t)ref, GNTMAP_readonly, &other), GNTST_okay);
    EXPECT_EQ(second[0], 4712);
    EXPECT(!trap_write_word((void *)second, 1));
    EXPECT_EQ(grant_unmap((void *)window, handle), GNTST_okay);
    EXPECT(!trap_read_word((void *)window, &value));
    check_bits(ref, GTF_reading);
    EXPECT_EQ(grant_unmap((void *)second, other), GNTST_okay);
    check_bits(ref, 0);
    check_contains_pte(ref, window);
    EXPECT(grant_end((grant_ref_t)ref));
    memory_page_free((void *)page);
}
