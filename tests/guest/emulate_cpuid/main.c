/* SPDX-License-Identifier: MIT */
/* CPUID by the forced-emulation prefix: the hypervisor's leaves, what a PV guest must not see, and user mode
 * alike. */
#include "guest/test.h"

#define LEAF_1_ECX_MONITOR    (1u << 3)
#define LEAF_1_ECX_VMX        (1u << 5)
#define LEAF_1_ECX_HYPERVISOR (1u << 31)
#define LEAF_1_EDX_VME        (1u << 1)
#define LEAF_1_EDX_PSE        (1u << 3)
#define LEAF_1_EDX_APIC       (1u << 9)
#define LEAF_1_EDX_PGE        (1u << 13)
#define LEAF_7_EBX_SMEP_SMAP  (1u << 7 | 1u << 20)
#define EXT_1_ECX_SVM         (1u << 2)
#define EXT_1_EDX_PAGE1GB     (1u << 26)
#define EXT_1_EDX_LM_NX       (1u << 29 | 1u << 20)

static uint64_t user_cpuid(uint64_t leaf)
{
    uint32_t out[4];

    x86_cpuid_forced((uint32_t)leaf, 0, out);
    return out[1];
}

GUEST_TEST(emulate_cpuid)
{
    uint32_t out[4];
    struct trap_frame frame;

    x86_cpuid_forced(0x40000000, 0, out);
    EXPECT(out[0] >= 0x40000002);
    EXPECT(memcmp(&out[1], "XenVMMXenVMM", 12) == 0);
    x86_cpuid_forced(0x40000001, 0, out);
    EXPECT_EQ(out[0], 4 << 16 | 17);
    x86_cpuid_forced(0x40000002, 0, out);
    EXPECT_EQ(out[0], 1);
    EXPECT_EQ(out[1], 0x40000000);
    EXPECT(out[2] & 1);
    x86_cpuid_forced(1, 0, out);
    EXPECT(out[2] & LEAF_1_ECX_HYPERVISOR);
    EXPECT(out[3] & LEAF_1_EDX_APIC);
    EXPECT_EQ(out[2] & (LEAF_1_ECX_MONITOR | LEAF_1_ECX_VMX), 0);
    EXPECT_EQ(out[3] & (LEAF_1_EDX_VME | LEAF_1_EDX_PSE | LEAF_1_EDX_PGE), 0);
    x86_cpuid_forced(7, 0, out);
    EXPECT_EQ(out[1] & LEAF_7_EBX_SMEP_SMAP, 0);
    x86_cpuid_forced(0x80000001, 0, out);
    EXPECT_EQ(out[2] & EXT_1_ECX_SVM, 0);
    EXPECT_EQ(out[3] & EXT_1_EDX_PAGE1GB, 0);
    EXPECT_EQ(out[3] & EXT_1_EDX_LM_NX, EXT_1_EDX_LM_NX);
    EXPECT_EQ(user_run(user_cpuid, 0x40000000, &frame), 0x566e6558);
    EXPECT_EQ(user_run(user_cpuid, 0x40000001, &frame), 0);
    EXPECT(user_returned(&frame));
}
