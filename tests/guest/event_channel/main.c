/* SPDX-License-Identifier: MIT */
/* Ports: allocation, status, closing, binding to a vCPU, priorities, and every wrong port and domain. */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789
#define PORT_NONE    4095u

static long op(unsigned int command, void *argument)
{
    return hypercall_event_channel_op(command, HARG(argument));
}

static long status(domid_t domain, evtchn_port_t port, struct evtchn_status *out)
{
    *out = (struct evtchn_status){.dom = domain, .port = port};
    return op(EVTCHNOP_status, out);
}

static void check_wrong_ports(void)
{
    static const evtchn_port_t wrong[] = {0, PORT_NONE, 0x20000, ~0u};
    struct evtchn_status out;

    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct evtchn_bind_vcpu bind = {.port = wrong[i]};
        struct evtchn_set_priority priority = {.port = wrong[i], .priority = 3};
        bool allocated = wrong[i] <= PORT_NONE && status(DOMID_SELF, wrong[i], &out) == 0;

        EXPECT(wrong[i] > PORT_NONE || event_close(wrong[i]) == -XEN_EINVAL);
        EXPECT_EQ(event_send(wrong[i]), -XEN_EINVAL);
        EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &bind), -XEN_EINVAL);
        EXPECT(op(EVTCHNOP_set_priority, &priority) < 0);
        EXPECT(allocated || status(DOMID_SELF, wrong[i], &out) == -XEN_EINVAL);
    }
}

GUEST_TEST(event_channel)
{
    struct evtchn_alloc_unbound foreign = {.dom = DOMID_NOBODY, .remote_dom = DOMID_SELF};
    struct evtchn_status out;
    int port = event_alloc_unbound(DOMID_SELF);
    struct evtchn_bind_vcpu bind = {.port = (evtchn_port_t)port, .vcpu = 4000};

    ASSERT(port > 0);
    EXPECT_EQ(status(DOMID_SELF, (evtchn_port_t)port, &out), 0);
    EXPECT_EQ(out.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(out.vcpu, 0);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0); /* nobody listens, and that is no error */
    EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &bind), -XEN_ENOENT);
    bind.vcpu = 0;
    EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &bind), 0);
    EXPECT_EQ(event_unmask((evtchn_port_t)port), 0);
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
    EXPECT_EQ(event_close((evtchn_port_t)port), -XEN_EINVAL);
    EXPECT_EQ(status(DOMID_SELF, (evtchn_port_t)port, &out), 0);
    EXPECT_EQ(out.status, EVTCHNSTAT_closed);
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF), port); /* the lowest free one */
    EXPECT_EQ(event_close((evtchn_port_t)port), 0);
    EXPECT_EQ(op(EVTCHNOP_alloc_unbound, &foreign), -XEN_ESRCH);
    check_wrong_ports();
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        for (unsigned int command = EVTCHNOP_bind_interdomain; command <= EVTCHNOP_set_priority; command++) {
            EXPECT_EQ(hypercall_event_channel_op(command, test_bad_pointers[i]), -XEN_EFAULT);
        }
    }
    EXPECT_EQ(hypercall_event_channel_op(99, 0), -XEN_ENOSYS);
}
