/* SPDX-License-Identifier: MIT */
/* update_descriptor: one sound descriptor into an own page that is no page table. */
#include "guest/test.h"

#define DATA_DPL0   0x00cf93000000fffful
#define DATA_DPL3   0x00cff3000000fffful
#define LDT_PRESENT 0x00008200000000fful
#define TSS_PRESENT 0x00008900000000fful
/* To the hypervisor's own code. */
#define CALL_GATE 0x00008c00e008000ful

GUEST_TEST(update_descriptor)
{
    uint64_t *page = memory_page_alloc();
    uint64_t maddr = memory_va_to_maddr(page);

    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, DATA_DPL0), 0);
    EXPECT_EQ(page[1] & ~(1ul << 40), DATA_DPL3 & ~(1ul << 40));
    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, 0), 0);
    EXPECT_EQ(page[1], 0);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 4088, DATA_DPL3), 0);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 4, DATA_DPL3), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, LDT_PRESENT), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, TSS_PRESENT), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, CALL_GATE), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(maddr + 8, 0x1234), 0); /* not present */
    EXPECT_EQ(hypercall_update_descriptor(memory_va_to_maddr((void *)guest_start_info->pt_base), DATA_DPL3),
              -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(1ul << 45, DATA_DPL3), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(~7ul, DATA_DPL3), -XEN_EINVAL);
    memory_page_free(page);
}
