/* SPDX-License-Identifier: MIT */
/* Attack: grants that were not given, or given otherwise; handles and addresses that are not the mapping's.
 */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789
#define REF_FREE     100
#define REF_NONE     0x7fffffff

GUEST_TEST(grant_map_refused)
{
    void *page = memory_page_alloc(), *window = pt_reserve(2), *second = (char *)window + PAGE_SIZE;
    grant_handle_t handle, ignored;
    domid_t self;
    int ref;

    self = event_own_domain();
    ref = grant_give(self, memory_va_to_mfn(page), true);
    ASSERT(ref > 0);
    EXPECT_EQ(grant_map(window, self, REF_FREE, 0, &handle), GNTST_general_error);
    EXPECT_EQ(grant_map(window, self, REF_NONE, 0, &handle), GNTST_bad_gntref);
    EXPECT_EQ(grant_map(window, DOMID_NOBODY, (grant_ref_t)ref, 0, &handle), GNTST_bad_domain);
    EXPECT_EQ(grant_map(window, self, (grant_ref_t)ref, 0, &handle), GNTST_general_error); /* writable */
    EXPECT_EQ(grant_map((void *)test_bad_pointers[0], self, (grant_ref_t)ref, GNTMAP_readonly, &handle),
              GNTST_general_error);
    EXPECT_EQ(grant_map((void *)test_bad_pointers[2], self, (grant_ref_t)ref, GNTMAP_readonly, &handle),
              GNTST_general_error);
    EXPECT_EQ(grant_table()[ref].flags & (GTF_reading | GTF_writing), 0);
    EXPECT_EQ(pt_get(window), 0);
    grant_table()[ref].domid = (domid_t)(self + 5);
    EXPECT_EQ(grant_map(window, self, (grant_ref_t)ref, GNTMAP_readonly, &handle), GNTST_general_error);
    grant_table()[ref].domid = self;
    ASSERT_EQ(grant_map(window, self, (grant_ref_t)ref, GNTMAP_readonly, &handle), GNTST_okay);
    EXPECT_EQ(grant_unmap(window, handle + 1), GNTST_bad_handle);
    EXPECT_EQ(grant_unmap(window, ~0u), GNTST_bad_handle);
    EXPECT_EQ(grant_unmap(second, handle), GNTST_general_error);
    EXPECT_EQ(grant_unmap(window, handle), GNTST_okay);
    EXPECT_EQ(grant_unmap(window, handle), GNTST_bad_handle);
    EXPECT_EQ(pt_get(window), 0);
    /* A page table is nobody's to give writable. */
    grant_table()[ref].flags = GTF_permit_access;
    grant_table()[ref].frame = (uint32_t)memory_va_to_mfn((void *)guest_start_info->pt_base);
    EXPECT_EQ(grant_map(window, self, (grant_ref_t)ref, 0, &ignored), GNTST_general_error);
    EXPECT(grant_end((grant_ref_t)ref));
    memory_page_free(page);
}
