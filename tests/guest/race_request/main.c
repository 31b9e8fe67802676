/* SPDX-License-Identifier: MIT */
/* Attack: another vCPU changes a request of mmu_update while it is read, from one that may be done to one
 * that may not: what is done is always what was checked. */
#include "guest/test.h"

#define ROUNDS       3000
#define ROUNDS_LEAST 50
#define PATIENCE     (2 * TIME_S)

static volatile struct mmu_update request;
static volatile bool stop;
static uint64_t good, bad;

static void flipper(void *argument)
{
    (void)argument;
    time_stop_tick();
    while (!stop) {
        request.val = bad;
        request.val = good;
    }
}

GUEST_TEST(race_request)
{
    uint64_t *page = memory_page_alloc();
    void *window = pt_reserve(1);
    uint64_t end = time_now() + PATIENCE;
    unsigned int round;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    good = memory_va_to_maddr(page) | PTE_PAGE;
    bad = (pt_entry_maddr(window, 1) & PAGE_MASK) | PTE_PAGE; /* the table itself, writable */
    request.ptr = pt_entry_maddr(window, 1);
    request.val = good;
    ASSERT_EQ(vcpu_start(1, flipper, NULL), 0);
    for (round = 0; round < ROUNDS && (round < ROUNDS_LEAST || time_now() < end); round++) {
        unsigned int done = 7;
        long error = hypercall_mmu_update(HARG(&request), 1, HARG(&done), DOMID_SELF);
        uint64_t now = pt_get(window);

        EXPECT(error == 0 || error == -XEN_EBUSY);
        EXPECT_EQ(done, error == 0);
        EXPECT_EQ(now & PTE_FRAME, error == 0 ? good & PTE_FRAME : 0);
        EXPECT_EQ(pt_set(window, 0), 0);
    }
    stop = true;
    vcpu_wait_down(1);
    EXPECT_EQ(pt_unmap(window), 0);
    memory_page_free(page);
}
