/* SPDX-License-Identifier: MIT */
/*
 * A handler that ends with another event to itself, every time, may not keep what it interrupted from going
 * on: after some upcalls at one place the guest gets time there, and the event comes soon all the same.
 */
#include "guest/test.h"

#define UPCALLS_MAX 100000u
#define WAIT_MS     2000u

static evtchn_port_t port;
static volatile bool progress;
static volatile unsigned int upcalls, hits, late_hits;

static void count(evtchn_port_t hit, void *data)
{
    (void)hit;
    (void)data;
    hits++;
    late_hits += progress;
}

/* In place of the usual handler, which goes on while upcalls are pending: the next event is sent when it is
 * through. */
static bool send_again(struct trap_frame *frame)
{
    (void)frame;
    upcalls++;
    event_upcall();
    if (!progress && upcalls < UPCALLS_MAX) {
        event_send(port);
    }
    return true;
}

GUEST_TEST(event_in_place)
{
    int bound = event_bind_ipi(0);
    uint64_t until;

    ASSERT(bound > 0);
    port = (evtchn_port_t)bound;
    event_set_handler(port, count, NULL);
    trap_set_hook(ENTRY_EVENT, send_again);
    EXPECT_EQ(event_send(port), 0);
    progress = true;
    EXPECT(upcalls > 1);
    EXPECT(upcalls < UPCALLS_MAX);
    /* The last one that was sent is delivered without a hypercall of ours. */
    until = time_now() + WAIT_MS * TIME_MS;
    while (late_hits == 0 && time_now() < until) {
    }
    EXPECT_EQ(late_hits, 1);
    EXPECT_EQ(hits, upcalls);
    trap_set_hook(ENTRY_EVENT, NULL);
    EXPECT_EQ(event_close(port), 0);
}
