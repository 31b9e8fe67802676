/* SPDX-License-Identifier: MIT */
/* Ports are bound and sent on while their other ends are closed, alone and by a reset. */
#include "pair/taker.h"

/* Binds to the giver's port of the moment, sends, and closes; the giver does as it likes meanwhile. */
static void race_ports(uint32_t with)
{
    uint64_t start = time_now();
    unsigned int won = 0, lost = 0;
    int before = event_alloc_unbound(taker_giver), after;

    taker_command(with);
    for (unsigned int round = 0; taker_goes_on(round, start, won, lost); round++) {
        int port = event_bind_interdomain(taker_giver, taker_pair->port);

        EXPECT(port > 0 || port == -XEN_EINVAL);
        won += port > 0;
        lost += port <= 0;
        if (port > 0) {
            EXPECT_EQ(event_send((evtchn_port_t)port), 0);
            EXPECT_EQ(event_send((evtchn_port_t)port), 0);
            EXPECT_EQ(event_close((evtchn_port_t)port), 0);
        }
    }
    EXPECT(won >= TAKER_ENOUGH && lost >= TAKER_ENOUGH);
    taker_command(PAIR_IDLE);
    /* The next lowest port is free again: nothing was left behind. */
    after = event_alloc_unbound(taker_giver);
    EXPECT_EQ(after, before + 1);
    EXPECT_EQ(event_close((evtchn_port_t)after), 0);
    EXPECT_EQ(event_close((evtchn_port_t)before), 0);
}

GUEST_TEST(pair_close)
{
    race_ports(PAIR_CLOSE);
}

GUEST_TEST(pair_reset)
{
    race_ports(PAIR_RESET);
}
