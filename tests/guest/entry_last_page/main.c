/* SPDX-License-Identifier: MIT */
/* Attack: a system call or hypercall before an address that is not canonical. SYSRET must not go there. */
#include "guest/test.h"

#define LAST_PAGE 0x7ffffffff000ul
#define BEHIND    0x800000000000ul

static const uint8_t syscall_code[] = {0x0f, 0x05};

static void call_last(void *argument)
{
    (void)argument;
    __asm__ volatile("call *%[at]" : : [at] "r"(BEHIND - sizeof(syscall_code)), "a"(17ul), "D"(0ul), "S"(0ul)
                     : "rcx", "r11", "memory");
}

GUEST_TEST(entry_last_page)
{
    uint8_t *page = memory_page_alloc();
    struct trap_frame frame = {0};

    memcpy(page + PAGE_SIZE - sizeof(syscall_code), syscall_code, sizeof(syscall_code));
    ASSERT_EQ(pt_map((void *)LAST_PAGE, memory_va_to_maddr(page) | PTE_PAGE_RO), 0);
    /* The kernel's hypercall is done, and the way back faults. */
    EXPECT(trap_catch(call_last, NULL, &frame));
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(frame.error, 0);
    EXPECT_EQ(frame.rip, BEHIND);
    EXPECT_EQ(frame.rax, 4 << 16 | 17);
    EXPECT(!trap_from_user(&frame));
    EXPECT_EQ(pt_unmap((void *)LAST_PAGE), 0);
    memory_page_free(page);
}
