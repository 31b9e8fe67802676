/* SPDX-License-Identifier: MIT */
/* The sub-operations of memory_op that a PV guest has no use for, or no right to: each answers with its own
 * error. */
#include "guest/test.h"

GUEST_TEST(memory_rest)
{
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = 10};
    struct xen_remove_from_physmap remove = {.domid = DOMID_SELF, .gpfn = 10};
    struct xen_foreign_memory_map set = {.domid = DOMID_SELF, .map.nr_entries = 1};
    struct xen_mem_acquire_resource resource = {.domid = 0x6789, .type = XENMEM_resource_grant_table};
    struct xen_memory_reservation claim = {.domid = 0x6789, .nr_extents = 1};
    domid_t self = DOMID_SELF, nobody = 0x6789;
    long error;

    EXPECT(hypercall_memory_op(XENMEM_add_to_physmap, HARG(&add)) < 0);
    EXPECT(hypercall_memory_op(XENMEM_remove_from_physmap, HARG(&remove)) < 0);
    EXPECT(hypercall_memory_op(XENMEM_set_memory_map, HARG(&set)) < 0);
    EXPECT_EQ(hypercall_memory_op(XENMEM_acquire_resource, HARG(&resource)), -XEN_ESRCH);
    EXPECT(hypercall_memory_op(XENMEM_claim_pages, HARG(&claim)) < 0);
    EXPECT(hypercall_memory_op(XENMEM_maximum_gpfn, HARG(&self)) >= -1);
    EXPECT_EQ(hypercall_memory_op(XENMEM_maximum_gpfn, HARG(&nobody)), -XEN_ESRCH);
    EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation, HARG(&nobody)), -XEN_ESRCH);
    error = hypercall_memory_op(XENMEM_get_vnumainfo, 0);
    EXPECT(error == -XEN_EFAULT || error == -XEN_EOPNOTSUPP);
    error = hypercall_memory_op(XENMEM_get_sharing_freed_pages, 0);
    EXPECT(error == -XEN_ENOSYS || error >= 0);
}
