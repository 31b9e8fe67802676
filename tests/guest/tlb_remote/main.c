/* SPDX-License-Identifier: MIT */
/* Flushes reach the other vCPU: a page that was replaced or taken away is not seen there any more when the
 * call is back. */
#include "guest/test.h"

#define ROUNDS 200

static volatile uint64_t *window;
static volatile uint64_t rounds_seen;
static volatile bool stop, faulted;

static void watch(void *argument)
{
    (void)argument;
    time_stop_tick();
    while (!stop) {
        uint64_t value;

        if (trap_read_word((void *)window, &value)) {
            rounds_seen = value;
        } else {
            faulted = true;
        }
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
}

GUEST_TEST(tlb_remote)
{
    uint64_t *pages[2] = {memory_page_alloc(), memory_page_alloc()};
    uint64_t deadline = time_now() + 5 * TIME_S;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    window = pt_reserve(1);
    ASSERT_EQ(pt_set((void *)window, memory_va_to_maddr(pages[0]) | PTE_PAGE_RO), 0);
    ASSERT_EQ(vcpu_start(1, watch, NULL), 0);
    for (uint64_t round = 1; round < ROUNDS && time_now() < deadline; round++) {
        uint64_t *page = pages[round % 2];

        page[0] = round;
        ASSERT_EQ(hypercall_update_va_mapping(HARG(window), memory_va_to_maddr(page) | PTE_PAGE_RO,
                                              (round % 4 < 2 ? UVMF_INVLPG : UVMF_TLB_FLUSH) | UVMF_ALL),
                  0);
        while (rounds_seen < round && time_now() < deadline) {
            hypercall_sched_op(SCHEDOP_yield, 0);
        }
    }
    EXPECT_EQ(rounds_seen, ROUNDS - 1);
    EXPECT(!faulted);
    ASSERT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_INVLPG | UVMF_ALL), 0);
    while (!faulted && time_now() < deadline) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    EXPECT(faulted);
    stop = true;
    vcpu_wait_down(1);
    memory_page_free(pages[0]);
    memory_page_free(pages[1]);
}
