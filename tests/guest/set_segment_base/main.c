/* SPDX-License-Identifier: MIT */
/* set_segment_base: the three bases and the user's GS selector; addresses that are not canonical are refused.
 */
#include "guest/test.h"

static uint64_t words[2] = {0x1111, 0x2222};

static uint64_t read_fs(void)
{
    uint64_t value;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

static uint64_t read_gs(void)
{
    uint64_t value;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    return value;
}

static uint64_t user_gs(uint64_t argument)
{
    (void)argument;
    return read_gs();
}

GUEST_TEST(set_segment_base)
{
    struct trap_frame frame;
    uint64_t value;

    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_FS, HARG(&words[0])), 0);
    EXPECT_EQ(read_fs(), 0x1111);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_KERNEL, HARG(&words[1])), 0);
    EXPECT_EQ(read_gs(), 0x2222);
    EXPECT(trap_rdmsr(MSR_GS_BASE, &value) && value == HARG(&words[1]));
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER, HARG(&words[0])), 0);
    EXPECT_EQ(read_gs(), 0x2222);
    EXPECT(trap_rdmsr(MSR_KERNEL_GS_BASE, &value) && value == HARG(&words[0]));
    EXPECT_EQ(user_run(user_gs, 0, &frame), 0x1111);
    EXPECT_EQ(read_gs(), 0x2222);
    for (unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++) {
        EXPECT_EQ(hypercall_set_segment_base(which, test_bad_pointers[0]), -XEN_EINVAL);
        EXPECT_EQ(hypercall_set_segment_base(which, test_bad_pointers[1]), -XEN_EINVAL);
    }
    /* A selector that cannot be loaded becomes the null one, and that is no error. */
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, FLAT_RING3_DS32), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0xe008), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0x1237), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    EXPECT_EQ(hypercall_set_segment_base(4, 0), -XEN_EINVAL);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_GS_KERNEL, 0), 0);
    EXPECT_EQ(hypercall_set_segment_base(SEGBASE_FS, 0), 0);
}
