/* SPDX-License-Identifier: MIT */
/* sched_op: yield, block, poll with and without a port and a timeout; wrong arguments. */
#include "guest/test.h"

#define DELAY (5 * TIME_MS)

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    hits++;
}

static void check_poll(evtchn_port_t port)
{
    struct sched_poll many = {.nr_ports = 129}, one = {.nr_ports = 1};
    evtchn_port_t wrong = 4095;
    uint64_t start = time_now();

    time_sleep(DELAY);
    EXPECT(time_now() - start >= DELAY);
    /* A port that is pending ends the wait at once, masked or not. */
    event_disable();
    event_mask(port);
    EXPECT_EQ(event_send(port), 0);
    start = time_now();
    EXPECT_EQ(event_poll(port, start + TIME_S), 0);
    EXPECT(time_now() - start < TIME_S);
    event_clear(port);
    EXPECT_EQ(event_poll(port, time_now() + DELAY), 0);
    event_enable();
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, HARG(&many)), -XEN_EINVAL);
    set_xen_guest_handle(one.ports, &wrong);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, HARG(&one)), -XEN_EINVAL);
    set_xen_guest_handle(one.ports, (void *)test_bad_pointers[3]);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, HARG(&one)), -XEN_EFAULT);
}

GUEST_TEST(sched_op)
{
    int port = event_bind_virq(VIRQ_TIMER, 0);
    int ipi = event_bind_ipi(0);

    ASSERT(port > 0 && ipi > 0);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_yield, 0), 0);
    EXPECT_EQ(time_stop_tick(), 0);
    event_set_handler((evtchn_port_t)port, count, NULL);
    hits = 0; /* a tick may have been pending */
    /* Blocking unmasks upcalls, and ends with the event's handler. */
    event_disable();
    EXPECT_EQ(time_set_timer(time_now() + DELAY), 0);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_block, 0), 0);
    EXPECT_EQ(hits, 1);
    EXPECT(!event_disabled());
    check_poll((evtchn_port_t)ipi);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ(hypercall_sched_op(SCHEDOP_shutdown, test_bad_pointers[i]), -XEN_EFAULT);
    }
    EXPECT_EQ(hypercall_sched_op(99, 0), -XEN_ENOSYS);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
    EXPECT_EQ(event_close((evtchn_port_t)ipi), 0);
}
