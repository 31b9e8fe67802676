/* SPDX-License-Identifier: MIT */
/* mmu_update: commands, domains, the count of what was done, and that it stops at the first failure. */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789
#define PTE_COUNT    3

static void check_done(struct mmu_update *requests, unsigned int fails, long error)
{
    unsigned int done = 99;

    EXPECT_EQ(hypercall_mmu_update(HARG(requests), PTE_COUNT, HARG(&done), DOMID_SELF), error);
    EXPECT_EQ(done, fails);
}

GUEST_TEST(mmu_update)
{
    char *window = pt_reserve(PTE_COUNT);
    uint64_t *page = memory_page_alloc();
    struct mmu_update requests[PTE_COUNT];
    unsigned int done = 99;

    for (unsigned int i = 0; i < PTE_COUNT; i++) {
        requests[i].ptr = pt_entry_maddr(window + i * PAGE_SIZE, 1) | MMU_NORMAL_PT_UPDATE;
        requests[i].val = memory_va_to_maddr(page) | PTE_PAGE;
    }
    check_done(requests, PTE_COUNT, 0);
    *(volatile uint64_t *)(window + PAGE_SIZE) = 4711;
    EXPECT_EQ(page[0], 4711);
    /* A fault in the middle: what came before is done, what follows is not. */
    requests[0].val = requests[2].val = 0;
    requests[1].val = memory_va_to_maddr((void *)guest_start_info->pt_base) | PTE_PAGE;
    check_done(requests, 1, -XEN_EBUSY);
    EXPECT_EQ(pt_get(window), 0);
    EXPECT(pt_get(window + 2 * PAGE_SIZE) != 0);
    requests[1].ptr |= 4;
    check_done(requests, 1, -XEN_ENOSYS);
    requests[1].ptr = (requests[1].ptr & ~7ul) | 7;
    check_done(requests, 1, -XEN_ENOSYS);
    requests[1].ptr &= ~7ul;
    requests[1].val = 0;
    check_done(requests, PTE_COUNT, 0);
    EXPECT_EQ(hypercall_mmu_update(HARG(requests), 1, 0, DOMID_NOBODY), -XEN_ESRCH);
    EXPECT_EQ(hypercall_mmu_update(HARG(requests), 1, 0, (DOMID_NOBODY + 1) << 16 | DOMID_SELF), -XEN_ESRCH);
    EXPECT_EQ(hypercall_mmu_update(HARG(requests), 0, HARG(&done), DOMID_SELF), 0);
    EXPECT_EQ(done, 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_mmu_update(test_bad_pointers[i], 1, 0, DOMID_SELF), -XEN_EFAULT);
    }
    memory_page_free(page);
}
