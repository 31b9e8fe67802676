/* SPDX-License-Identifier: MIT */
/* XSA-232: cache_flush is for one's own frames and those granted to one; neither those without an owner. */
#include "guest/test.h"

#define BEYOND (~0ul << PAGE_SHIFT) /* no machine has so much memory */

static long flush(uint64_t address, uint32_t operation, uint16_t offset, uint16_t length)
{
    struct gnttab_cache_flush op = {
        .a.dev_bus_addr = address, .offset = offset, .length = length, .op = operation};

    return hypercall_grant_table_op(GNTTABOP_cache_flush, HARG(&op), 1);
}

GUEST_TEST(grant_cache)
{
    void *page = memory_page_alloc();
    uint64_t own = memory_va_to_maddr(page);

    EXPECT_EQ(flush(own, GNTTAB_CACHE_CLEAN, 0, 64), 0);
    EXPECT_EQ(flush(own, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL, 4095, 1), 0);
    EXPECT_EQ(flush(own, GNTTAB_CACHE_INVAL, 0, 64), -XEN_EOPNOTSUPP);
    EXPECT_EQ(flush(own, GNTTAB_CACHE_SOURCE_GREF | GNTTAB_CACHE_CLEAN, 0, 64), -XEN_EINVAL);
    EXPECT_EQ(flush(own, GNTTAB_CACHE_CLEAN, PAGE_SIZE, 0), -XEN_EINVAL);
    EXPECT_EQ(flush(own, GNTTAB_CACHE_CLEAN, 4095, 2), -XEN_EINVAL);
    EXPECT_EQ(flush(BEYOND, 0, 0, 64), 0);
    EXPECT_EQ(flush(BEYOND, GNTTAB_CACHE_CLEAN, 0, 64), -XEN_EINVAL);
    /* The first frame of the machine is nobody's. */
    EXPECT_EQ(flush(0, GNTTAB_CACHE_CLEAN, 0, 64), -XEN_EPERM);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_cache_flush, test_bad_pointers[i], 1), -XEN_EFAULT);
    }
    memory_page_free(page);
}
