/* SPDX-License-Identifier: MIT */
/* set_debugreg and get_debugreg, and a watchpoint that they set: the write to a word raises #DB, with DR6 to
 * say which. */
#include "guest/test.h"

#define DR7_L0_WRITE8   (1ul << 0 | 1ul << 16 | 2ul << 18)
#define DR7_GD          (1ul << 13)
#define DR7_MUST_BE_ONE 0x400
#define DR6_B0          1ul

static volatile uint64_t watched;
static unsigned int hits;
static long dr6;

static bool note_debug(struct trap_frame *frame)
{
    (void)frame;
    hits++;
    dr6 = hypercall_get_debugreg(6);
    return true;
}

GUEST_TEST(debugreg)
{
    for (unsigned int reg = 0; reg < 4; reg++) {
        EXPECT_EQ(hypercall_set_debugreg(reg, HARG(&watched) + reg * 8), 0);
        EXPECT_EQ(hypercall_get_debugreg(reg), HARG(&watched) + reg * 8);
        EXPECT_EQ(hypercall_set_debugreg(reg, HYPERVISOR_VIRT_START), -XEN_EPERM);
        EXPECT_EQ(hypercall_set_debugreg(reg, test_bad_pointers[0]), -XEN_EPERM);
    }
    EXPECT_EQ(hypercall_set_debugreg(6, 1ul << 32), -XEN_EINVAL);
    EXPECT_EQ(hypercall_set_debugreg(7, 1ul << 32), -XEN_EINVAL);
    EXPECT_EQ(hypercall_set_debugreg(7, DR7_GD), -XEN_EPERM);
    EXPECT_EQ(hypercall_set_debugreg(8, 0), -XEN_ENODEV);
    EXPECT_EQ(hypercall_get_debugreg(8), -XEN_ENODEV);
    EXPECT_EQ(hypercall_set_debugreg(0, HARG(&watched)), 0);
    EXPECT_EQ(hypercall_set_debugreg(6, 0), 0);
    trap_set_hook(VECTOR_DB, note_debug);
    EXPECT_EQ(hypercall_set_debugreg(7, DR7_L0_WRITE8), 0);
    watched = 1;
    EXPECT_EQ(hypercall_set_debugreg(7, 0), 0);
    watched = 2;
    trap_set_hook(VECTOR_DB, NULL);
    EXPECT_EQ(hits, 1);
    EXPECT_EQ((unsigned long)dr6 & 0xf, DR6_B0);
    EXPECT_EQ(hypercall_get_debugreg(7) & ~DR7_MUST_BE_ONE, 0);
    for (unsigned int reg = 0; reg < 4; reg++) {
        hypercall_set_debugreg(reg, 0);
    }
}
