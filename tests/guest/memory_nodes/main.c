/* SPDX-License-Identifier: MIT */
/* Attack: node numbers and address widths of memory_op that no machine has; orders beyond the limit; and an
 * argument that says the work is half done. */
#include "guest/test.h"

static long reserve(unsigned int operation, xen_pfn_t *frame, unsigned int flags, unsigned int order)
{
    struct xen_memory_reservation request = {
        .nr_extents = 1, .extent_order = order, .mem_flags = flags, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, frame);
    return hypercall_memory_op(operation, HARG(&request));
}

GUEST_TEST(memory_nodes)
{
    xen_pfn_t frame = memory_va_to_pfn(memory_page_alloc());
    bool first = guest_is_initial_domain();

    for (unsigned int node = 64; node < 255; node += 19) {
        /* Of a guest without privilege the node is no matter: it then has no room to grow. */
        long got = reserve(XENMEM_increase_reservation, NULL, XENMEMF_node(node), 0);

        EXPECT(first ? got == 0 : got == 0 || got == 1);
        EXPECT_EQ(reserve(XENMEM_populate_physmap, &frame, XENMEMF_exact_node(node), 0), 0);
    }
    EXPECT_EQ(reserve(XENMEM_populate_physmap, &frame, XENMEMF_address_bits(1), 0), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, &frame, XENMEMF_address_bits(PAGE_SHIFT), 0), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, &frame, 0, 31), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, &frame, 0, ~0u), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &frame, 0, 63), 0);
    /* The number of extents that are done comes back as it was given, for it is a count of what was done. */
    EXPECT_EQ(reserve(XENMEM_populate_physmap | 5 << 6, &frame, 0, 0), 5);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation | 1 << 6, &frame, 0, 0), 1);
    EXPECT_EQ(hypercall_memory_op(XENMEM_maximum_ram_page | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(XENMEM_exchange | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(XENMEM_claim_pages | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(XENMEM_remove_from_physmap | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(XENMEM_get_vnumainfo | 1 << 6, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_memory_op(63, 0), -XEN_ENOSYS);
    EXPECT_EQ(hypercall_memory_op(29, 0), -XEN_ENOSYS);
}
