/* SPDX-License-Identifier: MIT */
/* Version 2 of the table: offered whole, with status frames, or refused; and back to version 1. */
#include "guest/test.h"

static long set_version(uint32_t version)
{
    struct gnttab_set_version set = {.version = version};

    return hypercall_grant_table_op(GNTTABOP_set_version, HARG(&set), 1);
}

GUEST_TEST(grant_version2)
{
    struct gnttab_get_status_frames status = {.nr_frames = 1, .dom = DOMID_SELF};
    struct gnttab_get_version version = {.dom = DOMID_SELF};
    volatile uint64_t *window = pt_reserve(1);
    uint64_t frame = 0;
    long error = set_version(2);

    set_xen_guest_handle(status.frame_list, &frame);
    if (error) {
        EXPECT(error == -XEN_ENOSYS || error == -XEN_EOPNOTSUPP);
        test_skip("version 1 only");
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_get_version, HARG(&version), 1), 0);
    EXPECT_EQ(version.version, 2);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_get_status_frames, HARG(&status), 1), 0);
    EXPECT_EQ(status.status, GNTST_okay);
    EXPECT(frame != 0);
    /* XSA-255: the status frames go with the version, so not while one is mapped. */
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), frame << PAGE_SHIFT | PTE_PAGE,
                                          UVMF_INVLPG), 0);
    EXPECT_EQ(set_version(1), -XEN_EBUSY);
    /* Of the reserved entries, the first ones, the toolstack may use some. */
    EXPECT_EQ(window[GNTTAB_NR_RESERVED_ENTRIES / 4], 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_INVLPG), 0);
    EXPECT_EQ(set_version(1), 0);
    EXPECT(hypercall_update_va_mapping(HARG(window), frame << PAGE_SHIFT | PTE_PAGE_RO, UVMF_INVLPG) != 0);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_get_version, HARG(&version), 1), 0);
    EXPECT_EQ(version.version, 1);
}
