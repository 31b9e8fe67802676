/* SPDX-License-Identifier: MIT */
/* Flushes reach the other vCPU: a page that was replaced or taken away is not seen there any more when the
 * call is back. */
#include "guest/test.h"

#define ROUNDS       200
#define ROUNDS_LEAST 10
#define PATIENCE     (3 * TIME_S)

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

/* Replaces the page; the other vCPU must see the new one soon, however slow the machine. */
static bool replace(uint64_t *page, uint64_t round)
{
    uint64_t deadline = time_now() + PATIENCE;
    unsigned long kind = round % 4 < 2 ? UVMF_INVLPG : UVMF_TLB_FLUSH;

    page[0] = round;
    EXPECT_EQ(
        hypercall_update_va_mapping(HARG(window), memory_va_to_maddr(page) | PTE_PAGE_RO, kind | UVMF_ALL),
        0);
    while (rounds_seen != round && time_now() < deadline) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    return rounds_seen == round;
}

static void take_away(void)
{
    uint64_t deadline = time_now() + PATIENCE;

    EXPECT(!faulted);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_INVLPG | UVMF_ALL), 0);
    while (!faulted && time_now() < deadline) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    EXPECT(faulted);
}

GUEST_TEST(tlb_remote)
{
    uint64_t *pages[2] = {memory_page_alloc(), memory_page_alloc()};
    uint64_t round, end = time_now() + PATIENCE;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    window = pt_reserve(1);
    ASSERT_EQ(pt_set((void *)window, memory_va_to_maddr(pages[0]) | PTE_PAGE_RO), 0);
    ASSERT_EQ(vcpu_start(1, watch, NULL), 0);
    for (round = 1; round < ROUNDS && (round < ROUNDS_LEAST || time_now() < end); round++) {
        if (!EXPECT(replace(pages[round % 2], round))) {
            break;
        }
    }
    take_away();
    stop = true;
    vcpu_wait_down(1);
    memory_page_free(pages[0]);
    memory_page_free(pages[1]);
}
