/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's own registers outlast others on its CPU: FPU and vector registers, debug registers and bases are after many
 * switches what they were, and registers that it never used are 0.
 */
#include "guest/test.h"

#define MINE   0x0123456789abcdeful
#define ROUNDS 200

static volatile bool stop;

/* Somebody else with other values, on whatever CPU. */
static void other(void *argument)
{
    uint64_t value = ~MINE;

    (void)argument;
    time_stop_tick();
    __asm__ volatile("movq %0, %%xmm1; movq %0, %%xmm5; movq %0, %%xmm14" ::"r"(value));
    hypercall_set_debugreg(1, 0x777000);
    hypercall_set_segment_base(SEGBASE_FS, 0x777000);
    while (!stop) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
}

/* Nothing here may use a vector register: the library is built without. */
static bool is_kept(void)
{
    uint64_t vectors[3], bases[2] = {0};

    __asm__ volatile("movq %%xmm1, %0; movq %%xmm5, %1; movq %%xmm14, %2"
                     : "=r"(vectors[0]), "=r"(vectors[1]), "=r"(vectors[2]));
    EXPECT(trap_rdmsr(MSR_FS_BASE, &bases[0]) && trap_rdmsr(MSR_KERNEL_GS_BASE, &bases[1]));
    return vectors[0] == MINE && vectors[1] == 0 && vectors[2] == MINE && bases[0] == 0x111000 &&
           bases[1] == 0x222000 && hypercall_get_debugreg(1) == 0x333000 && hypercall_get_debugreg(2) == 0;
}

GUEST_TEST(state_kept)
{
    bool second = vcpu_count() > 1;

    __asm__ volatile("movq %0, %%xmm1; pxor %%xmm5, %%xmm5; movq %0, %%xmm14" ::"r"(MINE));
    ASSERT_EQ(hypercall_set_segment_base(SEGBASE_FS, 0x111000), 0);
    ASSERT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER, 0x222000), 0);
    ASSERT_EQ(hypercall_set_debugreg(1, 0x333000), 0);
    stop = false;
    if (second) {
        ASSERT_EQ(vcpu_start(1, other, NULL), 0);
    }
    for (unsigned int i = 0; i < ROUNDS; i++) {
        time_sleep(TIME_MS / 4);
        ASSERT(is_kept());
    }
    stop = true;
    if (second) {
        vcpu_wait_down(1);
    }
    EXPECT_EQ(hypercall_set_debugreg(1, 0), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_FS, 0), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER, 0), 0);
}
