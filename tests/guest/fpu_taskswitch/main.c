/* SPDX-License-Identifier: MIT */
/* fpu_taskswitch sets the virtual CR0.TS: the next FPU instruction raises #NM once, which clears TS again. */
#include "guest/test.h"

static unsigned int hits;

static bool note_nm(struct trap_frame *frame)
{
    (void)frame;
    hits++;
    return true;
}

static uint64_t read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

GUEST_TEST(fpu_taskswitch)
{
    uint16_t control = 0x27f, before;

    trap_set_hook(VECTOR_NM, note_nm);
    __asm__ volatile("fnstcw %0" : "=m"(before));
    __asm__ volatile("fldcw %0" ::"m"(control));
    EXPECT_EQ(hypercall_fpu_taskswitch(1), 0);
    EXPECT(read_cr0() & CR0_TS);
    control = 0;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(control, 0x27f);
    EXPECT(!(read_cr0() & CR0_TS));
    __asm__ volatile("fldcw %0" ::"m"(before));
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(hypercall_fpu_taskswitch(1), 0);
    EXPECT_EQ(hypercall_fpu_taskswitch(0), 0);
    __asm__ volatile("fnstcw %0" : "=m"(control));
    EXPECT_EQ(hits, 1);
    trap_set_hook(VECTOR_NM, NULL);
}
