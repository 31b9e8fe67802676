/* SPDX-License-Identifier: MIT */
/* Control and debug registers: what a read gives, which bits a write may change, CLTS; #GP in user mode. */
#include "guest/test.h"

#define CR0_PE_PG (1ul | 1ul << 31)
#define CR4_PAE   (1ul << 5)

static void write_cr0(void *value)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(value));
}

static uint64_t read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static uint64_t user_read_cr0(uint64_t argument)
{
    (void)argument;
    return read_cr0();
}

static void read_cr8(void *argument)
{
    (void)argument;
    __asm__ volatile("mov %%cr8, %%rax" ::: "rax");
}

GUEST_TEST(emulate_cr)
{
    struct trap_frame frame;
    uint64_t cr0 = read_cr0(), value;

    EXPECT_EQ(cr0 & CR0_PE_PG, CR0_PE_PG);
    EXPECT(!trap_catch(write_cr0, (void *)(cr0 | CR0_TS), &frame));
    EXPECT_EQ(read_cr0(), cr0 | CR0_TS);
    __asm__ volatile("clts");
    EXPECT_EQ(read_cr0(), cr0 & ~CR0_TS);
    EXPECT(trap_catch(write_cr0, (void *)(cr0 ^ (1ul << 16)), &frame));
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(frame.error, 0);
    __asm__ volatile("mov %0, %%cr2" ::"r"(0x123456ul));
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    EXPECT_EQ(value, 0x123456);
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    EXPECT_EQ(value >> PAGE_SHIFT, pt_root_mfn());
    __asm__ volatile("mov %0, %%cr3" ::"r"(value));
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    EXPECT(value & CR4_PAE);
    __asm__ volatile("mov %0, %%cr4" ::"r"(value));
    /* Bits that the guest cannot have are dropped, not faulted. */
    __asm__ volatile("mov %0, %%cr4" ::"r"(value & ~CR4_PAE));
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    EXPECT(value & CR4_PAE);
    __asm__ volatile("mov %0, %%db0" ::"r"(0x5000ul));
    __asm__ volatile("mov %%db0, %0" : "=r"(value));
    EXPECT_EQ(value, 0x5000);
    EXPECT_EQ(hypercall_get_debugreg(0), 0x5000);
    hypercall_set_debugreg(0, 0);
    EXPECT(trap_catch(read_cr8, NULL, &frame));
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(user_run(user_read_cr0, 0, &frame), 0);
    EXPECT_EQ(frame.vector, VECTOR_GP);
}
