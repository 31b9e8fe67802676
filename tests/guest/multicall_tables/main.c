/* SPDX-License-Identifier: MIT */
/* XSA-286: within one multicall an upper entry changes, and the next call goes by the tables as they are then. */
#include "guest/test.h"

static uint64_t *table_with(uint64_t *page, unsigned int index)
{
    uint64_t *table = memory_page_alloc();

    table[index] = memory_va_to_maddr(page) | PTE_PAGE;
    return table;
}

GUEST_TEST(multicall_tables)
{
    volatile uint64_t *window = pt_reserve(1);
    uint64_t *pages[3] = {memory_page_alloc(), memory_page_alloc(), memory_page_alloc()}, *tables[2], old;
    uint64_t upper = pt_entry_maddr((void *)window, 2);
    unsigned int index = pt_index((void *)window, 1);
    struct multicall_entry calls[2] = {{.op = __HYPERVISOR_mmu_update}, {.op = __HYPERVISOR_update_va_mapping}};
    struct mmu_update update = {.ptr = upper};

    for (unsigned int i = 0; i < 3; i++) {
        *pages[i] = i + 1;
    }
    for (unsigned int i = 0; i < 2; i++) {
        tables[i] = table_with(pages[i], index);
        ASSERT_EQ(pt_pin(tables[i], 1), 0);
    }
    old = *pt_entry((void *)window, 2);
    ASSERT_EQ(pt_update(upper, memory_va_to_maddr(tables[0]) | PTE_TABLE), 0);
    EXPECT_EQ(*window, 1);
    update.val = memory_va_to_maddr(tables[1]) | PTE_TABLE;
    calls[0].args[0] = HARG(&update);
    calls[0].args[1] = 1;
    calls[0].args[3] = DOMID_SELF;
    calls[1].args[0] = HARG(window);
    calls[1].args[1] = memory_va_to_maddr(pages[2]) | PTE_PAGE;
    calls[1].args[2] = UVMF_INVLPG;
    EXPECT_EQ(hypercall_multicall(HARG(calls), 2), 0);
    EXPECT_EQ(calls[0].result, 0);
    EXPECT_EQ(calls[1].result, 0);
    /* The first table is untouched, the second has the new entry. */
    EXPECT_EQ(tables[0][index] & PTE_FRAME, memory_va_to_maddr(pages[0]));
    EXPECT_EQ(tables[1][index] & PTE_FRAME, memory_va_to_maddr(pages[2]));
    EXPECT_EQ(*window, 3);
    EXPECT_EQ(pt_update(upper, old), 0);
    pt_flush_local();
    for (unsigned int i = 0; i < 2; i++) {
        EXPECT_EQ(pt_unpin(tables[i]), 0);
        memory_page_free(tables[i]);
    }
    for (unsigned int i = 0; i < 3; i++) {
        memory_page_free(pages[i]);
    }
}
