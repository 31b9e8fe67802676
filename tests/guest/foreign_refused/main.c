/* SPDX-License-Identifier: MIT */
/* Attack: reaching other domains' memory and the machine's without the privilege: each way there is. */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789

static long foreign(uint64_t pte, unsigned long domain)
{
    void *window = pt_reserve(1);
    struct mmu_update request = {.ptr = pt_entry_maddr(window, 1), .val = pte};

    return hypercall_mmu_update(HARG(&request), 1, 0, domain);
}

GUEST_TEST(foreign_refused)
{
    uint64_t own = memory_pfn_to_mfn(5) << PAGE_SHIFT | PTE_PAGE;
    domid_t self = event_own_domain();
    bool first = guest_is_initial_domain();

    EXPECT_EQ(foreign(own, DOMID_NOBODY), -XEN_ESRCH);
    EXPECT_EQ(foreign(own, self), -XEN_ESRCH);
    EXPECT(foreign(own, DOMID_IO) < 0);
    EXPECT(foreign(own, DOMID_XEN) < 0);
    EXPECT(foreign(own, DOMID_COW) < 0);
    EXPECT(foreign(own, DOMID_INVALID) < 0);
    if (!first) {
        EXPECT_EQ(foreign(own, 0), -XEN_EPERM);
        EXPECT_EQ(foreign(0xfee00000 | PTE_PAGE, DOMID_SELF), -XEN_EPERM);
        EXPECT_EQ(foreign(0xfec00000 | PTE_PAGE, DOMID_IO), -XEN_EPERM);
    }
}
