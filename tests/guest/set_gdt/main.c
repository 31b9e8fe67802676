/* SPDX-License-Identifier: MIT */
/* set_gdt: takes read-only pages of sound descriptors, gives them privilege 3, and refuses all others. */
#include "guest/test.h"

#define CODE64_DPL0 0x00af9b000000fffful
#define DATA_DPL0   0x00cf93000000fffful
#define LDT_PRESENT 0x00008200000000fful
/* To the hypervisor's own code. */
#define CALL_GATE 0x00008c00e008000ful

static bool load_ds(unsigned int selector)
{
    uint8_t ok = 0;

    __asm__ volatile("1: mov %1, %%ds; movb $1, %0\n2: mov %2, %%ds\n\t" TRAP_FIXUP("1b", "2b")
                     : "+q"(ok)
                     : "r"(selector), "r"(0));
    return ok;
}

static long set_gdt(uint64_t *page, unsigned int entries)
{
    unsigned long frames[16];

    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = memory_va_to_mfn(page);
    }
    return hypercall_set_gdt(HARG(frames), entries);
}

static long with_descriptor(uint64_t *page, uint64_t descriptor)
{
    long error;

    page[5] = descriptor;
    pt_protect(page, false);
    error = set_gdt(page, 16);
    hypercall_set_gdt(0, 0);
    pt_protect(page, true);
    page[5] = 0;
    return error;
}

GUEST_TEST(set_gdt)
{
    uint64_t *page = memory_page_alloc();

    page[1] = CODE64_DPL0;
    page[2] = DATA_DPL0;
    EXPECT_EQ(set_gdt(page, 16), -XEN_EINVAL); /* still writable */
    EXPECT_EQ(with_descriptor(page, LDT_PRESENT), -XEN_EINVAL);
    EXPECT_EQ(with_descriptor(page, CALL_GATE), -XEN_EINVAL);
    EXPECT_EQ(with_descriptor(page, 0x1234), 0); /* not present: any */
    ASSERT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(set_gdt(page, FIRST_RESERVED_GDT_ENTRY + 1), -XEN_EINVAL);
    ASSERT_EQ(set_gdt(page, 16), 0);
    EXPECT_EQ(page[2] & ~(1ul << 40), (DATA_DPL0 | 3ul << 45) & ~(1ul << 40));
    EXPECT(load_ds(2 << 3 | 3));
    EXPECT(!load_ds(3 << 3 | 3));
    /* While it is a descriptor page nobody writes to it. */
    EXPECT_EQ(pt_protect(page, true), -XEN_EBUSY);
    EXPECT_EQ(hypercall_set_gdt(test_bad_pointers[0], 16), -XEN_EFAULT);
    EXPECT_EQ(hypercall_set_gdt(0, 0), 0);
    EXPECT(!load_ds(2 << 3 | 3));
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
