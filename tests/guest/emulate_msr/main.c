/* SPDX-License-Identifier: MIT */
/* RDMSR and WRMSR: what is answered, what is accepted, and #GP for everything else and from user mode. */
#include "guest/test.h"

#define MSR_NOT_THERE    0xc0011fffu
#define MSR_LSTAR        0xc0000082u
#define MSR_SYSENTER_EIP 0x176u
#define EFER_LMA_LME_SCE (1ul << 10 | 1ul << 8 | 1ul)
#define PAT_ABI          0x050100070406ul

static uint64_t user_rdmsr(uint64_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"((uint32_t)msr));
    return low | (uint64_t)high << 32 | 1;
}

static bool reads(uint32_t msr)
{
    uint64_t value;

    return trap_rdmsr(msr, &value);
}

GUEST_TEST(emulate_msr)
{
    static const uint32_t bases[] = {MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE};
    struct trap_frame frame;
    uint64_t value;

    for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
        EXPECT(trap_wrmsr(bases[i], 0x123456789000));
        EXPECT(trap_rdmsr(bases[i], &value) && value == 0x123456789000);
        EXPECT(!trap_wrmsr(bases[i], test_bad_pointers[0]));
        EXPECT(trap_wrmsr(bases[i], 0));
    }
    EXPECT(trap_rdmsr(MSR_EFER, &value));
    EXPECT_EQ(value & EFER_LMA_LME_SCE, EFER_LMA_LME_SCE);
    EXPECT(trap_wrmsr(MSR_EFER, value));
    EXPECT(!trap_wrmsr(MSR_EFER, 0));
    EXPECT(trap_rdmsr(MSR_PAT, &value) && value == PAT_ABI);
    EXPECT(!trap_wrmsr(MSR_PAT, 0x0007040600070406ul));
    EXPECT(trap_rdmsr(MSR_APIC_BASE, &value));
    EXPECT_EQ(value & PTE_FRAME, 0xfee00000);
    EXPECT(!trap_wrmsr(MSR_LSTAR, 0));
    EXPECT(!trap_wrmsr(MSR_SYSENTER_EIP, 0));
    EXPECT(!trap_wrmsr(MSR_NOT_THERE, 0));
    EXPECT(!reads(MSR_NOT_THERE));
    EXPECT_EQ(user_run(user_rdmsr, MSR_EFER, &frame), 0);
    EXPECT_EQ(frame.vector, VECTOR_GP);
}
