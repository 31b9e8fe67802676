/* SPDX-License-Identifier: MIT */
/* Attack: writes to page tables that the emulation must hand back as page faults, with nothing written. */
#include "guest/test.h"

struct attempt {
    uint64_t *entry, value;
};

static void write_entry(void *argument)
{
    struct attempt *attempt = argument;

    *(volatile uint64_t *)attempt->entry = attempt->value;
}

static void write_unaligned(void *argument)
{
    struct attempt *attempt = argument;

    *(volatile uint64_t *)((char *)attempt->entry + 4) = attempt->value;
}

static void refuse(void (*act)(void *), const uint64_t *entry, uint64_t value, uint64_t at)
{
    struct attempt attempt = {(uint64_t *)entry, value};
    struct trap_frame frame = {0};
    uint64_t before = *entry;

    EXPECT(trap_catch(act, &attempt, &frame));
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.error, PF_PRESENT | PF_WRITE);
    EXPECT_EQ(trap_cr2(), at);
    EXPECT_EQ(*entry, before);
}

GUEST_TEST(pte_write_refused)
{
    uint64_t *page = memory_page_alloc();
    void *window = pt_reserve(1);
    const uint64_t *entry = pt_entry(window, 1);
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE;

    /* Without the assist a table is read-only and no more; Xen emulates for its hardware domain even so. */
    if (!guest_is_initial_domain()) {
        refuse(write_entry, entry, pte, HARG(entry));
    }
    ASSERT_EQ(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    /* A table, writable. */
    refuse(write_entry, entry, memory_va_to_maddr((void *)entry) | PTE_PAGE, HARG(entry));
    refuse(write_entry, entry, PTE_FRAME | PTE_PAGE, HARG(entry));
    refuse(write_unaligned, entry, 0, HARG(entry) + 4);
    for (unsigned int level = 2; level <= PT_LEVELS; level++) {
        refuse(write_entry, pt_entry(window, level), 0, HARG(pt_entry(window, level)));
    }
    hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    /* A read-only page that is no table is no business of the emulation. */
    ASSERT_EQ(pt_protect(page, false), 0);
    refuse(write_entry, page, 1, HARG(page));
    ASSERT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
