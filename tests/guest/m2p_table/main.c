/* SPDX-License-Identifier: MIT */
/* The hypervisor's address range as the guest sees it: a table to read, and page faults as from any other
 * address. */
#include "guest/test.h"

static void read_word(void *argument)
{
    (void)*(volatile uint64_t *)argument;
}

static void write_word(void *argument)
{
    *(volatile uint64_t *)argument = 0;
}

/* Whether a present page is behind it is the hypervisor's affair; that it was the kernel and a read is not.
 */
static void faults(void (*act)(void *), unsigned long address, unsigned long error)
{
    struct trap_frame frame = {0};

    EXPECT(trap_catch(act, (void *)address, &frame));
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.error & ~(unsigned long)PF_PRESENT, error);
    EXPECT_EQ(trap_cr2(), address);
}

GUEST_TEST(m2p_table)
{
    unsigned long mfn = memory_pfn_to_mfn(5);
    struct trap_frame frame;

    EXPECT_EQ(machine_to_phys_mapping[mfn], 5);
    faults(write_word, HARG(&machine_to_phys_mapping[mfn]), PF_WRITE);
    EXPECT_EQ(machine_to_phys_mapping[mfn], 5);
    faults(read_word, HYPERVISOR_VIRT_START + (1ul << 39), 0);
    faults(read_word, 0xffff830000000000ul, 0);
    faults(write_word, 0xffff830000000000ul, PF_WRITE);
    faults(read_word, HYPERVISOR_VIRT_END - 8, 0);
    /* A hole of the table reads as no frame, or faults: both are fine for a guest. */
    if (trap_catch(read_word, (void *)(MACH2PHYS_VIRT_END - 8), &frame)) {
        EXPECT_EQ(frame.vector, VECTOR_PF);
        EXPECT_EQ(frame.error, 0);
    }
}
