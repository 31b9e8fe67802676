/* SPDX-License-Identifier: MIT */
/* The table itself: size, set-up, versions, other domains' tables, and wrong arguments. */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789

static int16_t query(domid_t domain, struct gnttab_query_size *out)
{
    *out = (struct gnttab_query_size){.dom = domain};
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_query_size, HARG(out), 1), 0);
    return out->status;
}

static int16_t setup(domid_t domain, uint32_t frames)
{
    static xen_pfn_t list[1024];
    struct gnttab_setup_table request = {.dom = domain, .nr_frames = frames};

    set_xen_guest_handle(request.frame_list, list);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&request), 1), 0);
    return request.status;
}

GUEST_TEST(grant_table)
{
    struct gnttab_query_size size;
    struct gnttab_get_version version = {.dom = DOMID_SELF};
    struct gnttab_set_version set = {.version = 3};

    ASSERT_EQ(grant_init(), 0);
    EXPECT_EQ(query(DOMID_SELF, &size), GNTST_okay);
    EXPECT(size.nr_frames >= 1 && size.max_nr_frames >= size.nr_frames);
    EXPECT_EQ(query(DOMID_NOBODY, &size), GNTST_bad_domain);
    query(DOMID_SELF, &size);
    EXPECT_EQ(setup(DOMID_SELF, 1), GNTST_okay);
    EXPECT_EQ(setup(DOMID_NOBODY, 1), GNTST_bad_domain);
    EXPECT_EQ(setup(DOMID_SELF, size.max_nr_frames + 1), GNTST_general_error);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_get_version, HARG(&version), 1), 0);
    EXPECT_EQ(version.version, 1);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_set_version, HARG(&set), 1), -XEN_EINVAL);
    set.version = 1;
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_set_version, HARG(&set), 1), 0);
    EXPECT_EQ(hypercall_grant_table_op(99, 0, 1), -XEN_ENOSYS);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&set), 2), -XEN_EINVAL);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_query_size, test_bad_pointers[i], 1), -XEN_EFAULT);
        EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, test_bad_pointers[i], 1), -XEN_EFAULT);
        EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, test_bad_pointers[i], 1), -XEN_EFAULT);
        EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, test_bad_pointers[i], 1), -XEN_EFAULT);
    }
}
