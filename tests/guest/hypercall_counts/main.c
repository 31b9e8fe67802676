/* SPDX-License-Identifier: MIT */
/* Attack: counts that overflow when multiplied by a size, or that run off the end of what the caller has
 * mapped. */
#include "guest/test.h"

static long reserve(unsigned int command, unsigned long count)
{
    static xen_pfn_t frame;
    struct xen_memory_reservation request = {.nr_extents = count, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, &frame);
    return hypercall_memory_op(command, HARG(&request));
}

GUEST_TEST(hypercall_counts)
{
    /* A page with nothing behind it, its end full of updates that change nothing. */
    char *page = pt_map_frame(memory_va_to_mfn(memory_page_alloc()), PTE_PAGE), *hole = pt_reserve(1);
    struct mmu_update *last = (struct mmu_update *)(page + PAGE_SIZE) - 1;
    struct multicall_entry *call = (struct multicall_entry *)(page + PAGE_SIZE) - 1;
    unsigned int done = 0;

    ASSERT(page + PAGE_SIZE == hole);
    last->ptr = pt_entry_maddr(hole, 1);
    last->val = 0;
    EXPECT_EQ(hypercall_mmu_update(HARG(last), 1, HARG(&done), DOMID_SELF), 0);
    EXPECT_EQ(hypercall_mmu_update(HARG(last), 2, HARG(&done), DOMID_SELF), -XEN_EFAULT);
    EXPECT_EQ(hypercall_mmu_update(HARG(last), 0x3fffffff, HARG(&done), DOMID_SELF), -XEN_EFAULT);
    EXPECT(hypercall_mmuext_op(HARG(page + PAGE_SIZE - 8), 1, 0, DOMID_SELF) == -XEN_EFAULT);
    call->op = __HYPERVISOR_xen_version;
    call->args[0] = XENVER_pagesize;
    EXPECT_EQ(hypercall_multicall(HARG(call), 2), -XEN_EFAULT);
    EXPECT_EQ(call->result, PAGE_SIZE);
    EXPECT(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(page), 0x80000000ul) < 0);
    EXPECT(hypercall_grant_table_op(GNTTABOP_copy, HARG(page), ~0u) < 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, ~0ul), 0);
    EXPECT_EQ(reserve(XENMEM_increase_reservation, ~0ul), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, 1ul << 58), 0);
    EXPECT(hypercall_set_gdt(HARG(page), ~0u) == -XEN_EINVAL);
    EXPECT_EQ(hypercall_set_trap_table(HARG(page + PAGE_SIZE - 8)), -XEN_EFAULT);
    EXPECT_EQ(pt_unmap(page), 0);
}
