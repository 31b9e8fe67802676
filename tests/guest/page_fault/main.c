/* SPDX-License-Identifier: MIT */
/* Page faults: the address, and an error code whose user bit is the guest's mode and not the processor's. */
#include "guest/test.h"

static uint64_t *page;
static char *nowhere;

static void read_word(void *address)
{
    (void)*(volatile uint64_t *)address;
}

static void write_word(void *address)
{
    *(volatile uint64_t *)address = 1;
}

static void execute(void *address)
{
    ((void (*)(void))address)();
}

static uint64_t user_write(uint64_t address)
{
    *(volatile uint64_t *)address = 1;
    return 1;
}

static uint64_t user_execute(uint64_t address)
{
    ((void (*)(void))address)();
    return 1;
}

static void kernel(void (*act)(void *), void *address, unsigned long error)
{
    struct trap_frame frame = {0};

    EXPECT(trap_catch(act, address, &frame));
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.error, error);
    EXPECT_EQ(trap_cr2(), HARG(address));
}

static void user(user_function *act, void *address, unsigned long error)
{
    struct trap_frame frame;

    user_run(act, HARG(address), &frame);
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.error, error | PF_USER);
    EXPECT_EQ(trap_cr2(), HARG(address));
}

GUEST_TEST(page_fault)
{
    page = memory_page_alloc();
    nowhere = pt_reserve(1);
    kernel(read_word, nowhere, 0);
    kernel(write_word, nowhere + 8, PF_WRITE);
    kernel(execute, nowhere + 16, PF_FETCH);
    user(user_write, nowhere + 24, PF_WRITE);
    ASSERT_EQ(pt_set(page, memory_va_to_maddr(page) | PTE_PAGE_RO | PTE_NX), 0);
    kernel(write_word, page, PF_PRESENT | PF_WRITE);
    kernel(execute, page, PF_PRESENT | PF_FETCH);
    user(user_write, page + 1, PF_PRESENT | PF_WRITE);
    user(user_execute, page + 2, PF_PRESENT | PF_FETCH);
    user(user_write, (void *)HYPERVISOR_VIRT_START, PF_WRITE);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
