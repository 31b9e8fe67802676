/* SPDX-License-Identifier: MIT */
/* set_trap_table: NULL clears all, each entry replaces its vector, a bad address or pointer is refused. */
#include "guest/test.h"

static unsigned int hits;

static bool count_hit(struct trap_frame *frame)
{
    hits += frame->vector == VECTOR_BP;
    return true;
}

GUEST_TEST(set_trap_table)
{
    struct trap_info bad[2] = {{.vector = 200, .cs = FLAT_KERNEL_CS, .address = test_bad_pointers[0]}, {0}};
    struct trap_info fine[2] = {{.vector = 200, .cs = FLAT_KERNEL_CS, .address = HARG(trap_stubs)}, {0}};

    EXPECT_EQ(hypercall_set_trap_table(HARG(fine)), 0);
    EXPECT_EQ(hypercall_set_trap_table(HARG(bad)), -XEN_EINVAL);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_set_trap_table(test_bad_pointers[i]), -XEN_EFAULT);
    }
    EXPECT_EQ(hypercall_set_trap_table(0), 0);
    EXPECT_EQ(hypercall_set_trap_table(HARG(trap_table())), 0);
    trap_set_hook(VECTOR_BP, count_hit);
    __asm__ volatile("int3" ::: "memory");
    trap_set_hook(VECTOR_BP, NULL);
    EXPECT_EQ(hits, 1);
}
