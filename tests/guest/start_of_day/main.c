/* SPDX-License-Identifier: MIT */
/* The domain begins as the ABI says: flags, lists that agree, read-only tables, masked events, a zeroed store
 * page. */
#include "guest/test.h"

static void check_lists(void)
{
    const struct start_info *info = guest_start_info;

    for (unsigned long pfn = 0; pfn < info->nr_pages; pfn += pfn < 2048 ? 1 : 509) {
        unsigned long mfn = memory_pfn_to_mfn(pfn);

        if (memory_mfn_to_pfn(mfn) != pfn) {
            EXPECT_EQ(memory_mfn_to_pfn(mfn), pfn);
            break;
        }
    }
}

GUEST_TEST(start_of_day)
{
    const struct start_info *info = guest_start_info;
    const char *tables = (const char *)info->pt_base;

    EXPECT(strncmp(info->magic, "xen-3.0-x86_64", 14) == 0);
    EXPECT_EQ(info->shared_info & ~PAGE_MASK, 0);
    EXPECT(!(info->flags & SIF_INITDOMAIN) == !(info->flags & SIF_PRIVILEGED));
    EXPECT((info->mfn_list & 7) == 0);
    check_lists();
    for (unsigned long i = 0; i < info->nr_pt_frames; i++) {
        EXPECT((pt_get(tables + i * PAGE_SIZE) & (PTE_P | PTE_RW)) == PTE_P);
    }
    /* Events are masked for every vCPU until the guest says otherwise; this one has said it. */
    for (unsigned int id = 1; id < XEN_LEGACY_MAX_VCPUS; id++) {
        EXPECT_EQ(guest_shared_info->vcpu_info[id].evtchn_upcall_mask, 1);
    }
    EXPECT(guest_shared_info->vcpu_info[0].time.tsc_to_system_mul != 0);
    if (guest_is_initial_domain()) {
        EXPECT_EQ(info->store_mfn, 0);
        EXPECT_EQ(info->store_evtchn, 0);
    } else {
        EXPECT(memory_mfn_to_pfn(info->store_mfn) < info->nr_pages);
        EXPECT(memory_mfn_to_pfn(info->console.domU.mfn) < info->nr_pages);
        EXPECT(info->store_evtchn != 0 && info->console.domU.evtchn != 0);
    }
}
