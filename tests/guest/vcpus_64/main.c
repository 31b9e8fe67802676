/* SPDX-License-Identifier: MIT */
/*
 * 64 vCPUs, brought up and down twice. Those from 32 on have no place in shared_info: they can neither be
 * initialised nor brought up before they have a registered vcpu_info.
 */
#include "guest/test.h"

#define VCPUS      64
#define STACK_SIZE PAGE_SIZE
#define INFO_SIZE  64u
#define ROUNDS     2

static char stacks[VCPUS][STACK_SIZE] __attribute__((aligned(16)));
static volatile unsigned int runs[VCPUS];

/* Where they start, with their number as the argument; they have no record in the library. */
static void work(unsigned long id)
{
    for (;;) {
        runs[id]++;
        hypercall_vcpu_op(VCPUOP_down, id, 0);
    }
}

static void fill(struct vcpu_guest_context *context, unsigned long id)
{
    memset(context, 0, sizeof(*context));
    context->flags = VGCF_IN_KERNEL;
    context->user_regs.rip = HARG(work);
    /* As after a call. */
    context->user_regs.rsp = HARG(stacks[id] + STACK_SIZE - sizeof(unsigned long));
    context->user_regs.rdi = id;
    context->user_regs.cs = FLAT_KERNEL_CS;
    context->user_regs.ss = FLAT_KERNEL_SS;
    context->kernel_ss = FLAT_KERNEL_SS;
    context->ctrlreg[3] = pt_root_mfn() << PAGE_SHIFT;
}

static void initialise(unsigned int id, const void *infos)
{
    static struct vcpu_guest_context context;
    struct vcpu_register_vcpu_info request = {.mfn = memory_va_to_mfn(infos)};

    fill(&context, id);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_up, id, 0), -XEN_EINVAL);
    if (id >= XEN_LEGACY_MAX_VCPUS) {
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_initialise, id, HARG(&context)), -XEN_EINVAL);
        request.offset = (id - XEN_LEGACY_MAX_VCPUS) * INFO_SIZE;
        ASSERT_EQ(hypercall_vcpu_op(VCPUOP_register_vcpu_info, id, HARG(&request)), 0);
    }
    ASSERT_EQ(hypercall_vcpu_op(VCPUOP_initialise, id, HARG(&context)), 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_initialise, id, HARG(&context)), -XEN_EEXIST);
}

static bool all_ran(unsigned int times)
{
    for (unsigned int id = 1; id < VCPUS; id++) {
        if (runs[id] != times || hypercall_vcpu_op(VCPUOP_is_up, id, 0) != 0) {
            return false;
        }
    }
    return true;
}

GUEST_TEST(vcpus_64)
{
    const char *infos = memory_page_alloc();
    uint64_t deadline;

    if (vcpu_count() < VCPUS) {
        test_skip("needs 64 vCPUs");
    }
    for (unsigned int id = 1; id < VCPUS; id++) {
        initialise(id, infos);
    }
    for (unsigned int round = 1; round <= ROUNDS; round++) {
        for (unsigned int id = 1; id < VCPUS; id++) {
            EXPECT_EQ(hypercall_vcpu_op(VCPUOP_up, id, 0), 0);
        }
        deadline = time_now() + 10 * TIME_S;
        while (!all_ran(round) && time_now() < deadline) {
            hypercall_sched_op(SCHEDOP_yield, 0);
        }
        EXPECT(all_ran(round));
    }
}
