/* SPDX-License-Identifier: MIT */
/*
 * XSA-227: a grant is mapped only into a level-1 entry of the caller's own, at its start; whatever else the
 * place is called, nothing is written. Unmapping wants the same place again.
 */
#include "guest/test.h"

static domid_t self;
static grant_ref_t ref;

static int16_t map(uint64_t host_addr, uint32_t flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {.host_addr = host_addr, .flags = flags, .ref = ref, .dom = self};

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(&op), 1), 0);
    *handle = op.handle;
    return op.status;
}

static int16_t unmap(uint64_t host_addr, uint64_t dev_bus_addr, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = host_addr, .dev_bus_addr = dev_bus_addr, .handle = handle};

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, HARG(&op), 1), 0);
    return op.status;
}

static void check_map(volatile uint64_t *window, uint64_t page)
{
    const uint32_t pte = GNTMAP_host_map | GNTMAP_contains_pte;
    uint64_t entry = pt_entry_maddr((void *)window, 1);
    uint64_t places[] = {entry + 4, entry + 1, entry | 7, 0, page, ~7ul, pt_entry_maddr((void *)window, 2)};
    grant_handle_t handle;

    for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
        EXPECT_EQ(map(places[i], pte, &handle), GNTST_general_error);
    }
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(map(test_bad_pointers[i], GNTMAP_host_map, &handle), GNTST_general_error);
    }
    EXPECT_EQ(map(HARG(window), 0, &handle), GNTST_bad_gntref);
    EXPECT_EQ(pt_get((void *)window), 0);
}

static void check_unmap(volatile uint64_t *window, uint64_t page)
{
    grant_handle_t handle;

    ASSERT_EQ(map(HARG(window), GNTMAP_host_map | GNTMAP_device_map, &handle), GNTST_okay);
    EXPECT_EQ(unmap(0, page + PAGE_SIZE, handle), GNTST_bad_dev_addr);
    EXPECT_EQ(unmap(HARG(window + PT_ENTRIES), 0, handle), GNTST_general_error);
    EXPECT_EQ(unmap(test_bad_pointers[0], 0, handle), GNTST_general_error);
    EXPECT_EQ(unmap(HARG(window), page, handle), GNTST_okay);
    EXPECT_EQ(unmap(HARG(window), page, handle), GNTST_bad_handle);
    EXPECT_EQ(unmap(HARG(window), page, ~0u), GNTST_bad_handle);
}

GUEST_TEST(grant_places)
{
    volatile uint64_t *window = pt_reserve(2);
    void *page = memory_page_alloc();
    int given;

    self = event_own_domain();
    given = grant_give(self, memory_va_to_mfn(page), false);
    ASSERT(given > 0);
    ref = (grant_ref_t)given;
    check_map(window, memory_va_to_maddr(page));
    check_unmap(window, memory_va_to_maddr(page));
    EXPECT(grant_end(ref));
    memory_page_free(page);
}
