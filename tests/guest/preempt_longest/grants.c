/* SPDX-License-Identifier: MIT */
/* The largest grant table: made, changed to the other version and back; long lists of maps, unmaps and copies. */
#include "guest/test.h"
#include "preempt_longest/longest.h"

#define FRAMES 64
#define LIST   1024
#define USES   128 /* of one grant at once */

static domid_t self;
static void *page;

static void check_versions(void)
{
    struct gnttab_set_version set = {.version = 2};
    struct gnttab_get_status_frames status = {.nr_frames = FRAMES / 8, .dom = DOMID_SELF};
    static uint64_t frames[FRAMES];

    set_xen_guest_handle(status.frame_list, frames);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_set_version, HARG(&set), 1), 0);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_get_status_frames, HARG(&status), 1), 0);
    EXPECT_EQ(status.status, GNTST_okay);
    set.version = 1;
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_set_version, HARG(&set), 1), 0);
}

static void check_setup(void)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = FRAMES};
    static uint64_t frames[FRAMES];

    set_xen_guest_handle(setup.frame_list, frames);
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1), 0);
    EXPECT_EQ(setup.status, GNTST_okay);
}

static void check_lists(void)
{
    static struct gnttab_map_grant_ref maps[LIST];
    static struct gnttab_unmap_grant_ref unmaps[LIST];
    static int refs[LIST / USES];
    char *window = pt_reserve(LIST);

    for (unsigned int i = 0; i < LIST; i++) {
        if (i % USES == 0) {
            refs[i / USES] = grant_give(self, memory_va_to_mfn(page), false);
        }
        maps[i] = (struct gnttab_map_grant_ref){.host_addr = HARG(window + i * PAGE_SIZE),
                                                .flags = GNTMAP_host_map,
                                                .ref = (grant_ref_t)refs[i / USES],
                                                .dom = self};
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(maps), LIST), 0);
    for (unsigned int i = 0; i < LIST; i++) {
        EXPECT_EQ(maps[i].status, GNTST_okay);
        unmaps[i] = (struct gnttab_unmap_grant_ref){.host_addr = maps[i].host_addr, .handle = maps[i].handle};
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, HARG(unmaps), LIST), 0);
    EXPECT_EQ(unmaps[LIST - 1].status, GNTST_okay);
    for (unsigned int i = 0; i < LIST / USES; i++) {
        EXPECT(grant_end((grant_ref_t)refs[i]));
    }
}

static void check_copies(void)
{
    static struct gnttab_copy copies[LIST];
    void *to = memory_page_alloc();
    int ref = grant_give(self, memory_va_to_mfn(page), true);

    for (unsigned int i = 0; i < LIST; i++) {
        copies[i] = (struct gnttab_copy){.source = {.u.ref = (grant_ref_t)ref, .domid = self},
                                         .dest = {.u.gmfn = memory_va_to_mfn(to), .domid = DOMID_SELF},
                                         .len = PAGE_SIZE,
                                         .flags = GNTCOPY_source_gref};
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, HARG(copies), LIST), 0);
    EXPECT_EQ(copies[LIST - 1].status, GNTST_okay);
    EXPECT(grant_end((grant_ref_t)ref));
}

GUEST_TEST(longest_grants)
{
    page = memory_page_alloc();
    self = event_own_domain();
    ASSERT_EQ(grant_init(), 0);
    check_setup();
    check_versions();
    check_lists();
    check_copies();
}
