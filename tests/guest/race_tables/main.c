/* SPDX-License-Identifier: MIT */
/* Attack: a table is hung into another one and taken out again while a second vCPU writes its entries, as a
 * table or as a page, and uses the addresses below it. */
#include "guest/test.h"

#define ROUNDS       3000
#define ROUNDS_LEAST 50
#define PATIENCE     (2 * TIME_S)
#define UNLUCKY      (20 * TIME_S) /* until it must have worked once */
#define LARGE        (1ul << 21)

static uint64_t *table, *page;
static char *below; /* where the table's first entry maps */
static uint64_t slot;
static volatile bool stop;

static void writer(void *argument)
{
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE, value;

    (void)argument;
    time_stop_tick();
    for (unsigned int i = 0; !stop; i++) {
        pt_update(memory_va_to_maddr(table), i % 2 ? pte : 0);
        hypercall_update_va_mapping(HARG(below), i % 3 ? pte : 0, UVMF_INVLPG);
        if (trap_read_word(below, &value)) {
            EXPECT_EQ(value, 4711);
        }
    }
}

GUEST_TEST(race_tables)
{
    uint64_t end = time_now() + PATIENCE;
    unsigned int round, hung = 0;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    table = memory_page_alloc();
    page = memory_page_alloc();
    page[0] = 4711;
    below = (char *)(((unsigned long)pt_reserve(1) & ~(LARGE * PT_ENTRIES - 1)) + 509 * LARGE);
    slot = (pt_entry_maddr(pt_reserve(1), 2) & PAGE_MASK) | 509 * 8;
    ASSERT_EQ(pt_protect(table, false), 0);
    ASSERT_EQ(vcpu_start(1, writer, NULL), 0);
    for (round = 0; (round < ROUNDS && (round < ROUNDS_LEAST || time_now() < end)) ||
                    (hung == 0 && time_now() < end + UNLUCKY);
         round++) {
        long error = pt_update(slot, memory_va_to_maddr(table) | PTE_TABLE);

        /* A write to it as a page is a writable use, as long as it lasts. */
        EXPECT(error == 0 || error == -XEN_EINVAL);
        if (error == 0) {
            hung++;
            EXPECT_EQ(pt_protect(table, true), -XEN_EBUSY);
            EXPECT_EQ(pt_update(slot, 0), 0);
        }
        if (round % 8 == 0) {
            hypercall_sched_op(SCHEDOP_yield, 0);
        }
    }
    stop = true;
    vcpu_wait_down(1);
    EXPECT(hung > 0);
    pt_flush_local();
    EXPECT_EQ(pt_protect(table, true), 0);
    table[0] = 0;
    memory_page_free(table);
    memory_page_free(page);
}
