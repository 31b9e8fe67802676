/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy between own pages and grants: content, bounds within the page, and the rights that the grant
 * gave. */
#include "guest/test.h"

static void *from, *to;
static domid_t self;

static int16_t copy(uint16_t from_offset, uint16_t to_offset, uint16_t length, uint16_t flags, uint32_t ref)
{
    struct gnttab_copy op = {.len = length, .flags = flags};

    op.source.offset = from_offset;
    op.source.domid = op.dest.domid = DOMID_SELF;
    op.source.u.gmfn = memory_va_to_mfn(from);
    op.dest.u.gmfn = memory_va_to_mfn(to);
    op.dest.offset = to_offset;
    if (flags & GNTCOPY_source_gref) {
        op.source.u.ref = ref;
        op.source.domid = self;
    }
    if (flags & GNTCOPY_dest_gref) {
        op.dest.u.ref = ref;
        op.dest.domid = self;
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, HARG(&op), 1), 0);
    return op.status;
}

static void check_grants(void)
{
    int ref = grant_give(self, memory_va_to_mfn(from), true);

    ASSERT(ref > 0);
    memset(to, 0, PAGE_SIZE);
    EXPECT_EQ(copy(0, 0, 64, GNTCOPY_source_gref, (uint32_t)ref), GNTST_okay);
    EXPECT_EQ(memcmp(from, to, 64), 0);
    EXPECT_EQ(copy(0, 0, 64, GNTCOPY_dest_gref, (uint32_t)ref), GNTST_general_error); /* read-only */
    EXPECT_EQ(copy(0, 0, 64, GNTCOPY_source_gref, 0x7fffffff), GNTST_bad_gntref);
    EXPECT_EQ(copy(0, 0, 64, GNTCOPY_source_gref, 100), GNTST_general_error);
    EXPECT(grant_end((grant_ref_t)ref));
}

GUEST_TEST(grant_copy)
{
    from = memory_page_alloc();
    to = memory_page_alloc();
    memset(from, 0x5a, PAGE_SIZE);
    EXPECT_EQ(copy(0, 0, 4096, 0, 0), GNTST_okay);
    EXPECT_EQ(memcmp(from, to, PAGE_SIZE), 0);
    memset(to, 0, PAGE_SIZE);
    EXPECT_EQ(copy(100, 4000, 96, 0, 0), GNTST_okay);
    EXPECT_EQ(((char *)to)[3999], 0);
    EXPECT_EQ(((char *)to)[4095], 0x5a);
    EXPECT_EQ(copy(100, 4001, 96, 0, 0), GNTST_bad_copy_arg);
    EXPECT_EQ(copy(4001, 0, 96, 0, 0), GNTST_bad_copy_arg);
    EXPECT_EQ(copy(4097, 0, 0, 0, 0), GNTST_bad_copy_arg);
    EXPECT_EQ(copy(0, 0, 0xffff, 0, 0), GNTST_bad_copy_arg);
    self = event_own_domain();
    check_grants();
    memory_page_free(from);
    memory_page_free(to);
}
