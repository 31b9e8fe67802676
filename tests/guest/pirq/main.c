/* SPDX-License-Identifier: MIT */
/* A device's interrupt as an event: mapping, binding, asking, closing; and that a domU may not. */
#include "guest/test.h"

#define GSI 9

static long bind(uint32_t pirq, evtchn_port_t *port)
{
    struct evtchn_bind_pirq request = {.pirq = pirq, .flags = BIND_PIRQ__WILL_SHARE};
    long error = hypercall_event_channel_op(EVTCHNOP_bind_pirq, HARG(&request));

    *port = request.port;
    return error;
}

GUEST_TEST(pirq)
{
    struct physdev_map_pirq map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = GSI, .pirq = GSI};
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = GSI};
    struct physdev_setup_gsi setup = {.gsi = GSI, .triggering = 1, .polarity = 1};
    struct physdev_irq_status_query query = {.irq = GSI};
    struct evtchn_status status = {.dom = DOMID_SELF};
    evtchn_port_t port;

    EXPECT_EQ(bind(0x7fffffff, &port), -XEN_EINVAL);
    if (!guest_is_initial_domain()) {
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_map_pirq, HARG(&map)), -XEN_EPERM);
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_setup_gsi, HARG(&setup)), -XEN_EPERM);
        EXPECT(bind(GSI, &port) < 0);
        return;
    }
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_map_pirq, HARG(&map)), 0);
    EXPECT_EQ(map.pirq, GSI);
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_setup_gsi, HARG(&setup)), 0);
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_irq_status_query, HARG(&query)), 0);
    ASSERT_EQ(bind(GSI, &port), 0);
    status.port = port;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&status)), 0);
    EXPECT_EQ(status.status, EVTCHNSTAT_pirq);
    EXPECT_EQ(status.u.pirq, GSI);
    EXPECT_EQ(bind(GSI, &port), -XEN_EEXIST);
    EXPECT_EQ(event_close(status.port), 0);
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_unmap_pirq, HARG(&unmap)), 0);
}
