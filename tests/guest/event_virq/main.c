/* SPDX-License-Identifier: MIT */
/* bind_virq: once for each vCPU, no vCPU that does not exist, no number that does not, global ones on vCPU 0.
 */
#include "guest/test.h"

GUEST_TEST(event_virq)
{
    struct evtchn_status out = {.dom = DOMID_SELF};
    struct evtchn_bind_vcpu bind = {0};
    int port = event_bind_virq(VIRQ_DEBUG, 0);

    ASSERT(port > 0);
    EXPECT_EQ(event_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST);
    EXPECT_EQ(event_bind_virq(VIRQ_DEBUG, 4000), -XEN_ENOENT);
    EXPECT_EQ(event_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
    EXPECT_EQ(event_bind_virq(~0u, 0), -XEN_EINVAL);
    EXPECT_EQ(event_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
    out.port = (evtchn_port_t)port;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&out)), 0);
    EXPECT_EQ(out.status, EVTCHNSTAT_virq);
    EXPECT_EQ(out.u.virq, VIRQ_DEBUG);
    EXPECT_EQ(event_send((evtchn_port_t)port), -XEN_EINVAL);
    bind.port = (evtchn_port_t)port;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, HARG(&bind)), -XEN_EINVAL); /* a vCPU's own */
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
    port = event_bind_virq(VIRQ_DEBUG, 0);
    EXPECT(port > 0);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
}
