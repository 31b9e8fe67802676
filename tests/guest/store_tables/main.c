/* SPDX-License-Identifier: MIT */
/* SGDT, SIDT, SLDT, STR and SMSW work in guest kernel and user mode, whether the CPU has UMIP or not. */
#include "guest/test.h"

#define POISON   0xa5a5a5a5a5a5a5a5ul
#define CR0_PE   1ul
#define NOT_HERE (PAGE_SIZE - 4) /* the last bytes before a page that is not mapped */

/* 10 bytes each, within a word's neighbours. */
static uint64_t store(uint64_t *words)
{
    uint64_t status;

    __asm__ volatile("sgdt 8(%1); sidt 32(%1); sldt 56(%1); str 72(%1); smsw 88(%1); smsw %0"
                     : "=r"(status)
                     : "r"(words)
                     : "memory");
    return status;
}

static uint64_t in_user(uint64_t words)
{
    return store((uint64_t *)words);
}

static uint64_t selectors(uint64_t argument)
{
    uint64_t ldt = argument, task = argument;

    __asm__ volatile("sldt %w0; str %k1" : "+r"(ldt), "+r"(task));
    return (ldt >> 16 == argument >> 16) + 2 * (task >> 16 == 0);
}

static void in_kernel(void *words)
{
    store(words);
}

static void check(const uint64_t *words, uint64_t status)
{
    EXPECT(status & CR0_PE);
    EXPECT_EQ(words[0], POISON);
    EXPECT(words[1] != POISON && words[4] != POISON);
    EXPECT_EQ(words[2] >> 16, POISON >> 16);
    EXPECT_EQ(words[5] >> 16, POISON >> 16);
    for (unsigned int i = 7; i <= 11; i += 2) {
        EXPECT_EQ(words[i] >> 16, POISON >> 16);
        EXPECT_EQ(words[i + 1], POISON);
    }
    EXPECT_EQ(words[11] & 0xffff, status & 0xffff);
}

GUEST_TEST(store_tables)
{
    uint64_t *words = memory_page_alloc(), status;
    struct trap_frame frame;
    char *last;

    for (unsigned int user = 0; user < 2; user++) {
        for (unsigned int i = 0; i < 16; i++) {
            words[i] = POISON;
        }
        status = user ? user_run(in_user, HARG(words), &frame) : store(words);
        EXPECT(!user || user_returned(&frame));
        check(words, status);
    }
    EXPECT_EQ(selectors(POISON), 3);
    EXPECT_EQ(user_run(selectors, POISON, &frame), 3);
    /* The memory operand faults as any other. */
    EXPECT(trap_catch(in_kernel, (void *)0x800000000000, &frame));
    EXPECT_EQ(frame.vector, VECTOR_GP);
    last = pt_map_frame(memory_va_to_mfn(words), PTE_PAGE);
    EXPECT(trap_catch(in_kernel, last + NOT_HERE - 8, &frame));
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.error, PF_WRITE);
    EXPECT_EQ(trap_cr2(), HARG(last + PAGE_SIZE));
    pt_unmap(last);
    memory_page_free(words);
}
