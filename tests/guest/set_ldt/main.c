/* SPDX-License-Identifier: MIT */
/* SET_LDT: pages are taken at their first use; a bad page shows as a fault in the guest, at its own address.
 */
#include "guest/test.h"

#define DATA_DPL3           0x00cff3000000fffful
#define LDT_SELECTOR(index) ((index) << 3 | 7)

static unsigned int wanted;

static void load_fs(void *argument)
{
    (void)argument;
    __asm__ volatile("mov %0, %%fs" ::"r"(wanted));
}

static long set_ldt(unsigned long address, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = address, .arg2.nr_ents = entries};

    return hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

static void load_faults(unsigned int selector, unsigned int vector, unsigned long error)
{
    struct trap_frame frame = {0};

    wanted = selector;
    EXPECT(trap_catch(load_fs, NULL, &frame));
    EXPECT_EQ(frame.vector, vector);
    EXPECT_EQ(frame.error, error);
}

GUEST_TEST(set_ldt)
{
    uint64_t *page = memory_page_alloc();
    struct trap_frame frame;

    page[1] = DATA_DPL3;
    EXPECT_EQ(set_ldt(HARG(page) + 8, 4), -XEN_EINVAL);
    EXPECT_EQ(set_ldt(HARG(page), 8193), -XEN_EINVAL);
    EXPECT_EQ(set_ldt(test_bad_pointers[0], 4), -XEN_EINVAL);
    /* A writable page cannot hold descriptors: the fault comes at use, with the address in the guest's own
     * table. */
    ASSERT_EQ(set_ldt(HARG(page), 4), 0);
    load_faults(LDT_SELECTOR(1), VECTOR_PF, 0);
    EXPECT_EQ(trap_cr2(), HARG(page) + 8);
    ASSERT_EQ(pt_protect(page, false), 0);
    wanted = LDT_SELECTOR(1);
    EXPECT(!trap_catch(load_fs, NULL, &frame));
    EXPECT_EQ(pt_protect(page, true), -XEN_EBUSY);
    load_faults(LDT_SELECTOR(2), VECTOR_GP, LDT_SELECTOR(2) & ~3ul);
    load_faults(LDT_SELECTOR(4), VECTOR_GP, LDT_SELECTOR(4) & ~3ul);
    wanted = 0;
    load_fs(NULL);
    EXPECT_EQ(set_ldt(0, 0), 0);
    load_faults(LDT_SELECTOR(1), VECTOR_GP, LDT_SELECTOR(1) & ~3ul);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
