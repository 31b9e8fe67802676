/* SPDX-License-Identifier: MIT */
/* Two vCPUs, on one CPU or two, each keep their own: FPU registers, bases of segments, debug registers,
 * virtual CR2. */
#include "guest/test.h"

#define ROUNDS 300

static volatile bool running, stop;
static volatile unsigned int errors;

static void load(uint64_t value, unsigned int id)
{
    __asm__ volatile("movq %0, %%xmm3; movq %0, %%xmm15" ::"r"(value));
    hypercall_set_segment_base(SEGBASE_FS, value);
    hypercall_set_segment_base(SEGBASE_GS_USER, value + 8);
    hypercall_set_debugreg(2, value + 16);
    __asm__ volatile("mov %0, %%cr2" ::"r"(value + id));
}

static bool check(uint64_t value, unsigned int id)
{
    uint64_t low, high, cr2, fs = 0, gs = 0;

    __asm__ volatile("movq %%xmm3, %0; movq %%xmm15, %1; mov %%cr2, %2" : "=r"(low), "=r"(high), "=r"(cr2));
    trap_rdmsr(MSR_FS_BASE, &fs);
    trap_rdmsr(MSR_KERNEL_GS_BASE, &gs);
    return low == value && high == value && cr2 == value + id && fs == value && gs == value + 8 &&
           hypercall_get_debugreg(2) == (long)value + 16;
}

static void run(unsigned int id, unsigned int rounds)
{
    for (unsigned int round = 0; round < rounds && !stop; round++) {
        uint64_t value = 0x100000ul * (id + 1) + round * 64;

        load(value, id);
        hypercall_sched_op(SCHEDOP_yield, 0);
        errors += !check(value, id);
    }
    load(0, 0);
}

static void second(void *argument)
{
    (void)argument;
    time_stop_tick();
    running = true;
    run(1, ~0u);
}

GUEST_TEST(vcpu_state)
{
    uint64_t deadline = time_now() + TIME_S;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    ASSERT_EQ(vcpu_start(1, second, NULL), 0);
    while (!running && time_now() < deadline) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    EXPECT(running);
    run(0, ROUNDS);
    stop = true;
    vcpu_wait_down(1);
    EXPECT_EQ(errors, 0);
}
