/* SPDX-License-Identifier: MIT */
/* The selectors that the hypervisor offers are usable, its own are not, and a far jump stays in the guest. */
#include "guest/test.h"

static unsigned int wanted;

static void load_es(void *argument)
{
    (void)argument;
    __asm__ volatile("mov %0, %%es" ::"r"(wanted));
}

static void expect_load(unsigned int selector, bool works)
{
    struct trap_frame frame = {0};

    wanted = selector;
    EXPECT_EQ(trap_catch(load_es, NULL, &frame), !works);
    if (!works) {
        EXPECT_EQ(frame.vector, VECTOR_GP);
        EXPECT_EQ(frame.error, selector & ~3u);
    }
}

GUEST_TEST(selectors)
{
    uint16_t cs, ss;

    __asm__ volatile("mov %%cs, %0; mov %%ss, %1" : "=r"(cs), "=r"(ss));
    EXPECT_EQ(cs, FLAT_KERNEL_CS64);
    EXPECT_EQ(ss, FLAT_KERNEL_SS);
    expect_load(0, true);
    expect_load(3, true);
    expect_load(FLAT_RING3_DS32, true);
    expect_load(FLAT_RING3_CS32, true);
    expect_load(FLAT_RING3_CS64, true);
    expect_load(0xe008, false); /* the hypervisor's code and data, its task and its local table */
    expect_load(0xe010, false);
    expect_load(0xe040, false);
    expect_load(0xe050, false);
    expect_load(0x10, false);
    expect_load(0xfff8, false);
    wanted = 0;
    load_es(NULL);
}
