/* SPDX-License-Identifier: MIT */
/* Pinning and unpinning a root of a hundred thousand entries while a timer fires: preempted, continued, done
 * once. */
#include "guest/test.h"

#define L2_TABLES 4
#define SLOT      300

static volatile unsigned int ticks;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    ticks++;
    time_set_timer(time_now() + TIME_MS / 10);
}

/* Every entry of `table` names `below`. */
static void fill(uint64_t *table, const void *below, uint64_t bits, unsigned int entries)
{
    for (unsigned int i = 0; i < entries; i++) {
        table[i] = memory_va_to_maddr(below) | bits;
    }
}

GUEST_TEST(mmuext_pin_large)
{
    uint64_t *root = memory_page_alloc(), *l3 = memory_page_alloc(), *l1 = memory_page_alloc();
    uint64_t *l2[L2_TABLES], *page = memory_page_alloc();
    int port = event_bind_virq(VIRQ_TIMER, 0);

    ASSERT(port > 0);
    time_stop_tick();
    event_set_handler((evtchn_port_t)port, count, NULL);
    fill(l1, page, PTE_PAGE, PT_ENTRIES);
    for (unsigned int i = 0; i < L2_TABLES; i++) {
        l2[i] = memory_page_alloc();
        fill(l2[i], l1, PTE_TABLE, PT_ENTRIES);
        l3[i] = memory_va_to_maddr(l2[i]) | PTE_TABLE;
        ASSERT_EQ(pt_protect(l2[i], false), 0);
    }
    root[SLOT] = memory_va_to_maddr(l3) | PTE_TABLE;
    ASSERT_EQ(pt_protect(l1, false), 0);
    ASSERT_EQ(pt_protect(l3, false), 0);
    time_set_timer(time_now() + TIME_MS / 10);
    for (unsigned int round = 0; round < 20 || (ticks < 3 && round < 500); round++) {
        ASSERT_EQ(pt_pin(root, 4), 0);
        EXPECT_EQ(pt_protect(l1, true), -XEN_EBUSY);
        EXPECT_EQ(pt_protect(page, false), 0);
        EXPECT_EQ(pt_protect(page, true), 0);
        /* Mapped writable by the table, the page can be no table. */
        EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, memory_va_to_mfn(page)), -XEN_EINVAL);
        ASSERT_EQ(pt_unpin(root), 0);
    }
    event_close((evtchn_port_t)port);
    time_set_timer(0);
    EXPECT(ticks >= 3);
    EXPECT_EQ(pt_protect(l1, true), 0);
    EXPECT_EQ(pt_protect(l3, true), 0);
    for (unsigned int i = 0; i < L2_TABLES; i++) {
        EXPECT_EQ(pt_protect(l2[i], true), 0);
        memory_page_free(l2[i]);
    }
    EXPECT_EQ(pt_pin(page, 1), 0);
    EXPECT_EQ(pt_unpin(page), 0);
    memory_page_free(root);
    memory_page_free(l3);
    memory_page_free(l1);
    memory_page_free(page);
}
