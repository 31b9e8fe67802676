/* SPDX-License-Identifier: MIT */
/* Attack: answers written where the guest itself could not write: page tables, read-only pages, the M2P
 * table. */
#include "guest/test.h"

static void check(char *target)
{
    struct evtchn_status *status = (struct evtchn_status *)target;
    uint64_t before = *(uint64_t *)target;

    EXPECT_EQ(hypercall_xen_version(XENVER_capabilities, HARG(target)), -XEN_EFAULT);
    EXPECT_EQ(hypercall_xen_version(XENVER_extraversion, HARG(target)), -XEN_EFAULT);
    EXPECT_EQ(hypercall_memory_op(XENMEM_machphys_mapping, HARG(target)), -XEN_EFAULT);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, HARG(target)), -XEN_EFAULT);
    EXPECT(hypercall_event_channel_op(EVTCHNOP_status, HARG(status)) < 0);
    EXPECT(hypercall_xen_version(XENVER_get_features, HARG(target)) < 0);
    EXPECT_EQ(*(uint64_t *)target, before);
}

GUEST_TEST(hypercall_output)
{
    char *page = memory_page_alloc();
    struct mmu_update request = {.ptr = pt_entry_maddr(page, 1),
                                 .val = memory_va_to_maddr(page) | PTE_PAGE_RO};
    struct vcpu_register_runstate_memory_area area;

    check((char *)guest_start_info->pt_base);
    check((char *)pt_entry(page, 1));
    check((char *)&machine_to_phys_mapping[memory_pfn_to_mfn(7)]);
    ASSERT_EQ(pt_protect(page, false), 0);
    check(page);
    /* The count of what was done goes the same way, and is lost without an error. */
    EXPECT_EQ(hypercall_mmu_update(HARG(&request), 1, HARG(page), DOMID_SELF), 0);
    EXPECT_EQ(*(uint64_t *)page, 0);
    set_xen_guest_handle(area.addr.h, (struct vcpu_runstate_info *)pt_entry(page, 1));
    hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&area));
    time_sleep(2 * TIME_MS);
    EXPECT_EQ(pt_get(page) & (PTE_FRAME | PTE_RW), memory_va_to_maddr(page));
    set_xen_guest_handle(area.addr.h, NULL);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&area)), 0);
    ASSERT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
