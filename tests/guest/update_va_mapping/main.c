/* SPDX-License-Identifier: MIT */
/* update_va_mapping: sets an entry of level 1 with each kind of flush; what has no such entry is refused. */
#include "guest/test.h"

GUEST_TEST(update_va_mapping)
{
    uint64_t *page = memory_page_alloc(), *other = memory_page_alloc();
    volatile uint64_t *window = pt_map_frame(memory_va_to_mfn(page), PTE_PAGE);
    uint64_t pte = memory_va_to_maddr(other) | PTE_PAGE, mask = 1;
    static const unsigned long flushes[] = {UVMF_TLB_FLUSH, UVMF_INVLPG, UVMF_TLB_FLUSH | UVMF_ALL,
                                            UVMF_INVLPG | UVMF_ALL};

    page[0] = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(flushes); i++) {
        /* The old translation is in the TLB, then the other frame must show at once. */
        other[0] = i + 100;
        EXPECT_EQ(pt_set((void *)window, memory_va_to_maddr(page) | PTE_PAGE), 0);
        EXPECT_EQ(window[0], 0);
        EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, flushes[i]), 0);
        EXPECT_EQ(window[0], i + 100);
    }
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_TLB_FLUSH | HARG(&mask)), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_INVLPG | HARG(&mask)), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_NONE), 0);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_INVLPG), 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_update_va_mapping(test_bad_pointers[i], pte, UVMF_NONE), -XEN_EINVAL);
    }
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), pte, UVMF_TLB_FLUSH | 0xdead0000), -XEN_EFAULT);
    EXPECT_EQ(pt_unmap((void *)window), 0);
    memory_page_free(page);
    memory_page_free(other);
}
