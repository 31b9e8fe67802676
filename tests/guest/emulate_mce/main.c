/* SPDX-License-Identifier: MIT */
/* Machine-check MSRs: two banks that report nothing; and the counters and settings that kernels touch unasked. */
#include "guest/test.h"

#define MCG_CAP      0x179
#define MCG_STATUS   0x17a
#define MC_CTL(n)    (0x400 + 4 * (n))
#define MC_STATUS(n) (0x401 + 4 * (n))

static uint64_t read(uint32_t msr)
{
    uint64_t value = 0xdead;

    EXPECT(trap_rdmsr(msr, &value));
    return value;
}

GUEST_TEST(emulate_mce)
{
    uint64_t value;

    EXPECT_EQ(read(MCG_CAP) & 0xff, 2);
    EXPECT_EQ(read(MCG_CAP) & 0x100, 0); /* no MCG_CTL */
    EXPECT(trap_wrmsr(MCG_STATUS, 4));
    EXPECT_EQ(read(MCG_STATUS), 4);
    EXPECT(trap_wrmsr(MCG_STATUS, 0));
    for (unsigned int bank = 0; bank < 2; bank++) {
        EXPECT_EQ(read(MC_CTL(bank)), ~0ul);
        EXPECT(trap_wrmsr(MC_CTL(bank), 0));
        EXPECT_EQ(read(MC_CTL(bank)), ~0ul);
        EXPECT_EQ(read(MC_STATUS(bank)), 0);
        EXPECT(trap_wrmsr(MC_STATUS(bank), 0));
        EXPECT(!trap_wrmsr(MC_STATUS(bank), 1ul << 63));
    }
    EXPECT_EQ(read(MC_CTL(2)), 0);
    EXPECT_EQ(read(MC_CTL(31)), 0);
    EXPECT(trap_wrmsr(MC_STATUS(2), 1));
    EXPECT(!trap_rdmsr(0x4d0, &value));
    EXPECT_EQ(read(0x140), 0); /* MISC_FEATURES_ENABLES: CPUID faulting is not offered */
    EXPECT(trap_wrmsr(0x140, 0));
    EXPECT(!trap_wrmsr(0x140, 1));
    EXPECT_EQ(read(0xce) & ~(1ul << 31), 0); /* PLATFORM_INFO: says so */
    EXPECT(!trap_wrmsr(0xce, 0));
    EXPECT(!trap_rdmsr(0xe7, &value)); /* MPERF */
    EXPECT(trap_wrmsr(0xe7, 0));
    EXPECT_EQ(read(0x1a0) & 0x841880, 0x801800); /* MISC_ENABLE: no counters, BTS, PEBS, MONITOR */
    EXPECT(trap_wrmsr(0x1a0, 0));
    EXPECT(!trap_wrmsr(0x1d9, 0)); /* DEBUGCTL */
    EXPECT(!trap_wrmsr(0x48, 0));  /* SPEC_CTRL */
    EXPECT(!trap_wrmsr(0x49, 1));  /* PRED_CMD */
    EXPECT(!trap_wrmsr(0x10b, 1)); /* FLUSH_CMD */
    EXPECT(!trap_wrmsr(0x122, 0)); /* TSX_CTRL */
}
