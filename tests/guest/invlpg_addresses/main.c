/* SPDX-License-Identifier: MIT */
/* Attack: flushes of addresses that are not canonical or the hypervisor's, and every combination of
 * update_va_mapping's flags: a refused update flushes nothing and reads no bitmap. */
#include "guest/test.h"

static const unsigned long addresses[] = {
    0x0000800000000000ul, 0x8000000000000000ul, 0xffff7ffffffff000ul, 0xffff800000000000ul,
    0xffff830000000000ul, 0xffff87fffffff000ul, 0xdeadbeefdeadb000ul,
};

GUEST_TEST(invlpg_addresses)
{
    uint64_t *page = memory_page_alloc();
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE, mask = ~0ul;
    void *window = pt_reserve(1);

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
        EXPECT_EQ(pt_mmuext(MMUEXT_INVLPG_LOCAL, addresses[i]), 0);
        EXPECT_EQ(pt_mmuext(MMUEXT_INVLPG_ALL, addresses[i]), 0);
        for (unsigned long flags = 0; flags < 8; flags++) {
            EXPECT_EQ(hypercall_update_va_mapping(addresses[i], 0, flags), -XEN_EINVAL);
            EXPECT_EQ(hypercall_update_va_mapping(addresses[i], pte, flags | 0xdead0000), -XEN_EINVAL);
        }
        EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_INVLPG | (addresses[i] & ~7ul)),
                  -XEN_EFAULT);
    }
    /* Both kinds at once are none; a mask with them is not read. */
    for (unsigned long flags = 0; flags < 8; flags++) {
        EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, flags), 0);
    }
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, 3 | 0xdead0000), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_NONE | 0xdead0000), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_TLB_FLUSH | HARG(&mask)), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), PTE_FRAME | PTE_PAGE, UVMF_TLB_FLUSH | 0xdead0000),
              -XEN_EINVAL);
    EXPECT_EQ(pt_unmap(window), 0);
    memory_page_free(page);
}
