/* SPDX-License-Identifier: MIT */
/* The domain whose page is mapped and whose port is bound dies. */
#include "pair/taker.h"

static unsigned int status_of(int port)
{
    struct evtchn_status status = {.dom = DOMID_SELF, .port = (evtchn_port_t)port};

    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&status)), 0);
    return status.status;
}

/* Until the giver is dead, uses all that it gave, and then what is left of it. */
GUEST_TEST(pair_giver_dies)
{
    uint64_t end = time_now() + TAKER_PATIENCE;
    grant_handle_t handle;
    int port;

    taker_command(PAIR_HOLD);
    port = event_bind_interdomain(taker_giver, taker_pair->port);
    ASSERT(port > 0);
    ASSERT_EQ(grant_map((void *)taker_window, taker_giver, taker_pair->ref, 0, &handle), GNTST_okay);
    taker_window[0] = PAIR_WRITTEN;
    printf("PAIR holds\n");
    while (status_of(port) == EVTCHNSTAT_interdomain && time_now() < end) {
        EXPECT_EQ(event_send((evtchn_port_t)port), 0);
        EXPECT_EQ(taker_window[0], PAIR_WRITTEN);
    }
    EXPECT_EQ(status_of(port), EVTCHNSTAT_unbound);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    EXPECT_EQ(taker_window[0], PAIR_WRITTEN);
    taker_window[1] = PAIR_WRITTEN;
    EXPECT_EQ(taker_window[1], PAIR_WRITTEN);
    EXPECT(event_bind_interdomain(taker_giver, taker_pair->port) < 0);
    EXPECT_EQ(grant_unmap((void *)taker_window, handle), GNTST_okay);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
}
