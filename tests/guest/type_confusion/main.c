/* SPDX-License-Identifier: MIT */
/* Attack: one frame in two uses that exclude each other: page table, page of descriptors, writable mapping,
 * grant table, shared page. */
#include "guest/test.h"

static long set_gdt(unsigned long mfn)
{
    return hypercall_set_gdt(HARG(&mfn), 1);
}

static long set_ldt(unsigned long address, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = address, .arg2.nr_ents = entries};

    return hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

static void no_table(unsigned long mfn)
{
    for (unsigned int level = 1; level <= PT_LEVELS; level++) {
        EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn), -XEN_EINVAL);
    }
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, mfn), -XEN_EINVAL);
}

static void load_fs(void *argument)
{
    __asm__ volatile("mov %0, %%fs" ::"r"(*(unsigned int *)argument));
}

GUEST_TEST(type_confusion)
{
    uint64_t *page = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(page);
    unsigned int selector = 7;
    struct trap_frame frame;

    /* Writable: nothing else. */
    EXPECT_EQ(set_gdt(mfn), -XEN_EINVAL);
    no_table(mfn);
    /* A table is no page of descriptors, and not to be written by what writes pages or descriptors. */
    ASSERT_EQ(pt_pin(page, 1), 0);
    EXPECT_EQ(set_gdt(mfn), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(mfn << PAGE_SHIFT, 0), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, mfn), -XEN_EINVAL);
    ASSERT_EQ(set_ldt(HARG(page), 4), 0);
    EXPECT(trap_catch(load_fs, &selector, &frame));
    EXPECT_EQ(set_ldt(0, 0), 0);
    ASSERT_EQ(pt_unpin(page), 0);
    /* A GDT is no table. */
    ASSERT_EQ(pt_protect(page, false), 0);
    ASSERT_EQ(set_gdt(mfn), 0);
    no_table(mfn);
    EXPECT_EQ(pt_protect(page, true), -XEN_EBUSY);
    EXPECT_EQ(pt_update(mfn << PAGE_SHIFT, 0), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, mfn), -XEN_EINVAL);
    EXPECT_EQ(hypercall_set_gdt(0, 0), 0);
    /* Of what the hypervisor shares with the guest nothing can be made. */
    no_table(guest_start_info->shared_info >> PAGE_SHIFT);
    EXPECT_EQ(set_gdt(guest_start_info->shared_info >> PAGE_SHIFT), -XEN_EINVAL);
    no_table(1ul << 33);
    no_table(~0ul >> PAGE_SHIFT);
    EXPECT_EQ(set_gdt(1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(set_gdt(~0ul), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
