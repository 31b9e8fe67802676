/* SPDX-License-Identifier: MIT */
/* Attack: XENMEM_acquire_resource with each argument wrong, many times over, so that a lock or reference which
 * an error leaves behind would show. */
#include "guest/test.h"

static long acquire(struct xen_mem_acquire_resource request)
{
    return hypercall_memory_op(XENMEM_acquire_resource, HARG(&request));
}

GUEST_TEST(resource_refused)
{
    struct xen_mem_acquire_resource good = {.domid = event_own_domain(), .type = XENMEM_resource_grant_table};
    struct xen_mem_acquire_resource bad;
    xen_pfn_t frame = 0;

    for (unsigned int i = 0; i < 200; i++) {
        EXPECT_EQ(acquire(good), -XEN_EPERM);
        bad = good;
        bad.domid = DOMID_SELF;
        EXPECT_EQ(acquire(bad), -XEN_ESRCH);
        bad.domid = 0x6789;
        EXPECT_EQ(acquire(bad), -XEN_ESRCH);
        bad = good;
        bad.pad = 1;
        EXPECT_EQ(acquire(bad), -XEN_EINVAL);
        bad = good;
        bad.frame = 1ul << 32;
        EXPECT_EQ(acquire(bad), -XEN_EINVAL);
        bad.frame = 0xffffffff;
        bad.nr_frames = 1;
        EXPECT_EQ(acquire(bad), -XEN_EINVAL);
        bad = good;
        bad.nr_frames = ~0u;
        set_xen_guest_handle(bad.frame_list, &frame);
        EXPECT_EQ(acquire(bad), -XEN_EPERM);
    }
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_memory_op(XENMEM_acquire_resource, test_bad_pointers[i]), -XEN_EFAULT);
    }
    EXPECT_EQ(frame, 0);
}
