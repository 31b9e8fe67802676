/* SPDX-License-Identifier: MIT */
/* What grant_table_op answers to wrong requests, in the order of its checks; how often a grant can be mapped.
 */
#include "guest/test.h"

#define NOBODY   0x7000
#define USES_MAX 128
#define OPAQUE   0x1000u /* above the operation's number: for cache_flush alone */

static void check_calls(void)
{
    unsigned long bad = test_bad_pointers[3];

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref | OPAQUE, bad, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, bad, 0x80000000), -XEN_EINVAL);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, bad, 2), -XEN_EINVAL);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_query_size, bad, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_dump_table, bad, 1), -XEN_ENOSYS);
    EXPECT_EQ(hypercall_grant_table_op(99, bad, 0), -XEN_ENOSYS);
}

static void check_setup(void)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 65535};
    struct gnttab_swap_grant_ref swap = {.ref_a = 1u << 30, .ref_b = 8};
    struct gnttab_transfer transfer = {.mfn = ~0ul >> 12, .domid = NOBODY, .ref = 8};
    uint64_t *frames = memory_page_alloc();

    set_xen_guest_handle(setup.frame_list, frames);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1), 0);
    EXPECT_EQ(setup.status, GNTST_general_error);
    setup.nr_frames = 1;
    setup.dom = NOBODY;
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1), 0);
    EXPECT_EQ(setup.status, GNTST_bad_domain);
    setup.dom = DOMID_SELF;
    set_xen_guest_handle(setup.frame_list, (uint64_t *)PAGE_SIZE);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1), 0);
    EXPECT_EQ(setup.status, GNTST_bad_virt_addr);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_swap_grant_ref, HARG(&swap), 1), 0);
    EXPECT_EQ(swap.status, GNTST_bad_gntref);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_transfer, HARG(&transfer), 1), 0);
    EXPECT_EQ(transfer.status, GNTST_bad_page);
    memory_page_free(frames);
}

/* Devices' halves, which need no place: the uses of one grant have an end. */
static void check_uses(domid_t self, grant_ref_t ref)
{
    static struct gnttab_map_grant_ref maps[USES_MAX + 1];
    static struct gnttab_unmap_grant_ref unmaps[USES_MAX];

    for (unsigned int i = 0; i <= USES_MAX; i++) {
        maps[i] = (struct gnttab_map_grant_ref){.flags = GNTMAP_device_map, .ref = ref, .dom = self};
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(maps), USES_MAX + 1), 0);
    for (unsigned int i = 0; i < USES_MAX; i++) {
        ASSERT_EQ(maps[i].status, GNTST_okay);
        unmaps[i] = (struct gnttab_unmap_grant_ref){.dev_bus_addr = maps[i].dev_bus_addr,
                                                    .handle = maps[i].handle};
    }
    EXPECT_EQ(maps[USES_MAX].status, GNTST_general_error);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, HARG(unmaps), USES_MAX), 0);
    EXPECT_EQ(unmaps[USES_MAX - 1].status, GNTST_okay);
}

GUEST_TEST(grant_answers)
{
    void *page = memory_page_alloc();
    domid_t self = event_own_domain();
    int ref = grant_give(self, memory_va_to_mfn(page), false);

    ASSERT(ref > 0);
    check_calls();
    check_setup();
    check_uses(self, (grant_ref_t)ref);
    EXPECT(grant_end((grant_ref_t)ref));
    memory_page_free(page);
}
