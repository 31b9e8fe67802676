/* SPDX-License-Identifier: MIT */
/* A vCPU that starts finds nothing of another one on its CPU: FPU and vector registers, debug registers, bases. */
#include "guest/test.h"

#define SECRET        0x5ec2e75ec2e75ec2ul
#define MXCSR_DEFAULT 0x1f80
#define FCW_DEFAULT   0x37f
#define ROUNDS        20

struct fxsave {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mask;
    uint64_t registers[16 * 2 + 8 * 2];
    uint8_t rest[96];
} __attribute__((aligned(16)));

static struct fxsave found;
static uint64_t found_debug[4], found_bases[2];

static void spill_secret(void)
{
    uint64_t secret = SECRET;

    __asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15; fldl %1" ::"r"(secret), "m"(secret));
    hypercall_set_segment_base(SEGBASE_FS, 0x5ec2e7000);
    hypercall_set_segment_base(SEGBASE_GS_USER, 0x5ec2e8000);
    for (unsigned int i = 0; i < 4; i++) {
        hypercall_set_debugreg((int)i, 0x5ec2e0 + i);
    }
    hypercall_set_debugreg(7, 0x1); /* loaded into the CPU */
}

static void forget_secret(void)
{
    hypercall_set_debugreg(7, 0);
    for (unsigned int i = 0; i < 4; i++) {
        hypercall_set_debugreg((int)i, 0);
    }
    hypercall_set_segment_base(SEGBASE_FS, 0);
    hypercall_set_segment_base(SEGBASE_GS_USER, 0);
    __asm__ volatile("fninit; pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7; pxor %%xmm15, %%xmm15" ::: "memory");
}

static void second(void *argument)
{
    (void)argument;
    __asm__ volatile("fxsave64 %0" : "=m"(found));
    trap_rdmsr(MSR_FS_BASE, &found_bases[0]);
    trap_rdmsr(MSR_KERNEL_GS_BASE, &found_bases[1]);
    for (unsigned int i = 0; i < 4; i++) {
        found_debug[i] = (uint64_t)hypercall_get_debugreg((int)i);
    }
}

GUEST_TEST(state_fresh)
{
    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    spill_secret();
    ASSERT_EQ(vcpu_start(1, second, NULL), 0);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    vcpu_wait_down(1);
    forget_secret();
    EXPECT_EQ(found.fcw, FCW_DEFAULT);
    EXPECT_EQ(found.mxcsr, MXCSR_DEFAULT);
    EXPECT(found.fip == 0 && found.fdp == 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(found.registers); i++) {
        EXPECT_EQ(found.registers[i], 0);
    }
    for (unsigned int i = 0; i < 4; i++) {
        EXPECT_EQ(found_debug[i], 0);
    }
    EXPECT(found_bases[0] == 0 && found_bases[1] == 0);
}
