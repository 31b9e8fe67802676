/* SPDX-License-Identifier: MIT */
/* Attack: two vCPUs at once pin, unpin, map writable and update one frame: it is never writable and a table
 * together, and no reference is lost. */
#include "guest/test.h"

#define ROUNDS       3000
#define ROUNDS_LEAST 50
#define PATIENCE     (2 * TIME_S)
#define UNLUCKY      (20 * TIME_S) /* until it must have worked once */

static uint64_t *page;
static void *window;
static volatile bool stop;

/* Everything that wants the frame to be a table. */
static void pinner(void *argument)
{
    unsigned long mfn = memory_va_to_mfn(page);

    (void)argument;
    time_stop_tick();
    for (unsigned int i = 0; !stop; i++) {
        if (pt_mmuext(MMUEXT_PIN_L1_TABLE + i % 3, mfn) == 0) {
            pt_mmuext(MMUEXT_UNPIN_TABLE, mfn);
        }
    }
}

/* One try to have it writable; true if it was. */
static bool map_writable(void)
{
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE;
    long error = hypercall_update_va_mapping(HARG(window), pte, UVMF_INVLPG);

    EXPECT(error == 0 || error == -XEN_EBUSY);
    if (error == 0) {
        /* While it is writable it is no table: a forbidden entry can be written, and no pin succeeds. */
        *(volatile uint64_t *)window = pte;
        EXPECT(pt_mmuext(MMUEXT_PIN_L1_TABLE, memory_va_to_mfn(page)) == -XEN_EINVAL);
        *(volatile uint64_t *)window = 0;
        EXPECT_EQ(hypercall_update_va_mapping(HARG(window), 0, UVMF_INVLPG), 0);
    }
    return error == 0;
}

GUEST_TEST(race_pin)
{
    uint64_t end = time_now() + PATIENCE;
    unsigned int mapped = 0, round;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    page = memory_page_alloc();
    window = pt_reserve(1);
    ASSERT_EQ(pt_protect(page, false), 0);
    ASSERT_EQ(vcpu_start(1, pinner, NULL), 0);
    for (round = 0; (round < ROUNDS && (round < ROUNDS_LEAST || time_now() < end)) ||
                    (mapped == 0 && time_now() < end + UNLUCKY);
         round++) {
        mapped += map_writable();
        /* Written as an entry, as a table or as a page. */
        pt_update(memory_va_to_maddr(page) + 8 * (round % 512), 0);
    }
    stop = true;
    vcpu_wait_down(1);
    EXPECT(mapped > 0);
    /* Nothing is left over. */
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, memory_va_to_mfn(page)), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
