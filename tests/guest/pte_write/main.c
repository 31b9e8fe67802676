/* SPDX-License-Identifier: MIT */
/* With the writable_pagetables assist, plain writes to a table of level 1 are carried out: each instruction
 * Linux uses. */
#include "guest/test.h"

GUEST_TEST(pte_write)
{
    uint64_t *page = memory_page_alloc();
    volatile uint64_t *window = pt_reserve(1);
    uint64_t *entry = (uint64_t *)pt_entry((void *)window, 1);
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE, old;
    bool equal;

    ASSERT_EQ(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    page[0] = 99;
    __asm__ volatile("movq %1, %0" : "=m"(*entry) : "r"(pte));
    EXPECT_EQ(window[0], 99);
    old = 0;
    __asm__ volatile("xchgq %1, %0" : "+m"(*entry), "+r"(old));
    EXPECT_EQ(old & PTE_FRAME, pte & PTE_FRAME);
    EXPECT_EQ(pt_get((void *)window), 0);
    old = 0;
    __asm__ volatile("lock cmpxchgq %3, %0; sete %2" : "+m"(*entry), "+a"(old), "=q"(equal) : "r"(pte));
    EXPECT(equal);
    EXPECT_EQ(pt_get((void *)window) & (PTE_FRAME | PTE_RW), pte & (PTE_FRAME | PTE_RW));
    old = 1;
    __asm__ volatile("lock cmpxchgq %3, %0; sete %2" : "+m"(*entry), "+a"(old), "=q"(equal) : "r"(0ul));
    EXPECT(!equal);
    EXPECT_EQ(old & PTE_FRAME, pte & PTE_FRAME);
    __asm__ volatile("lock btrq %1, %0" : "+m"(*entry) : "r"(1ul) : "cc");
    EXPECT_EQ(pt_get((void *)window) & PTE_RW, 0);
    __asm__ volatile("lock btsq $1, %0" : "+m"(*entry)::"cc");
    EXPECT_EQ(pt_get((void *)window) & PTE_RW, PTE_RW);
    __asm__ volatile("lock andb %1, %0" : "+m"(*(uint8_t *)entry) : "q"((uint8_t)~PTE_RW) : "cc");
    EXPECT_EQ(pt_get((void *)window) & PTE_RW, 0);
    __asm__ volatile("lock andq %1, %0" : "+m"(*entry) : "r"(~PTE_A) : "cc");
    EXPECT_EQ(pt_get((void *)window) & PTE_A, 0);
    __asm__ volatile("movb %1, %0" : "=m"(*(uint8_t *)entry) : "q"((uint8_t)PTE_PAGE));
    EXPECT_EQ(pt_get((void *)window) & 0xff, PTE_PAGE);
    __asm__ volatile("movl %1, %0" : "=m"(((uint32_t *)entry)[0]) : "r"(0));
    EXPECT_EQ(pt_get((void *)window) & PTE_P, 0);
    __asm__ volatile("movq $0, %0" : "=m"(*entry));
    EXPECT_EQ(pt_get((void *)window), 0);
    hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    memory_page_free(page);
}
