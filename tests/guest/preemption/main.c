/* SPDX-License-Identifier: MIT */
/* Long batches with a timer that fires all the while: preempted and continued, each element is done once, in
 * order. */
#include "guest/test.h"

#define UPDATES 4000
#define CALLS   1500

static volatile unsigned int ticks;
static struct mmu_update updates[UPDATES];
static struct multicall_entry calls[CALLS];

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    ticks++;
    time_set_timer(time_now() + TIME_MS / 5);
}

static void check_mmu_update(void)
{
    uint64_t *window = pt_reserve(1);
    uint64_t maddr = pt_entry_maddr(window, 1), frame = memory_pfn_to_mfn(3) << PAGE_SHIFT;
    unsigned int done = 0;

    for (unsigned int i = 0; i < UPDATES; i++) {
        updates[i].ptr = maddr;
        updates[i].val = i == UPDATES - 1 ? 0 : frame | PTE_PAGE_RO | (i & 7) << 9;
    }
    EXPECT_EQ(hypercall_mmu_update(HARG(updates), UPDATES, HARG(&done), DOMID_SELF), 0);
    EXPECT_EQ(done, UPDATES);
    EXPECT_EQ(pt_get(window), 0);
    updates[UPDATES - 2].val = ~0ul; /* fails late */
    EXPECT(hypercall_mmu_update(HARG(updates), UPDATES, HARG(&done), DOMID_SELF) < 0);
    EXPECT_EQ(done, UPDATES - 2);
    EXPECT_EQ(pt_set(window, 0), 0);
}

static void check_multicall(void)
{
    unsigned int wrong = 0;

    for (unsigned int i = 0; i < CALLS; i++) {
        calls[i] =
            (struct multicall_entry){.op = __HYPERVISOR_xen_version, .result = 1, .args = {XENVER_pagesize}};
    }
    calls[CALLS / 2] = (struct multicall_entry){.op = __HYPERVISOR_mmu_update,
                                                .args = {HARG(updates), UPDATES - 2, 0, DOMID_SELF}};
    EXPECT_EQ(hypercall_multicall(HARG(calls), CALLS), 0);
    for (unsigned int i = 0; i < CALLS; i++) {
        wrong += calls[i].result != (i == CALLS / 2 ? 0 : PAGE_SIZE);
    }
    EXPECT_EQ(wrong, 0);
}

GUEST_TEST(preemption)
{
    int port = event_bind_virq(VIRQ_TIMER, 0);
    uint64_t deadline = time_now() + 2 * TIME_S;

    ASSERT(port > 0);
    time_stop_tick();
    event_set_handler((evtchn_port_t)port, count, NULL);
    time_set_timer(time_now() + TIME_MS / 5);
    do { /* once at least: a slow machine's ticks may all be there already */
        check_mmu_update();
        check_multicall();
    } while (ticks < 3 && time_now() < deadline);
    EXPECT(ticks >= 3);
    event_close((evtchn_port_t)port);
    time_set_timer(0);
    EXPECT_EQ(pt_update(updates[0].ptr, 0), 0);
}
