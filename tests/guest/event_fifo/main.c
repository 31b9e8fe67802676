/* SPDX-License-Identifier: MIT */
/* The FIFO event format: what is pending before the change survives it, queues by priority, masking, and
 * wrong pages. */
#include "guest/test.h"

#define LOW  12
#define HIGH 2

static unsigned int order[8], hits;

static void count(evtchn_port_t port, void *data)
{
    (void)data;
    if (hits < ARRAY_SIZE(order)) {
        order[hits] = port;
    }
    hits++;
}

static void check_wrong_arguments(void)
{
    struct evtchn_init_control control = {.control_gfn = 1ul << 33, .vcpu = 0};
    struct evtchn_expand_array array = {.array_gfn = memory_pfn_to_mfn(5)};

    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_expand_array, HARG(&array)), -XEN_EOPNOTSUPP);
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&control)), -XEN_EINVAL);
    control.control_gfn = memory_pfn_to_mfn(5);
    control.offset = 4092;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&control)), -XEN_EINVAL);
    control.offset = 4;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&control)), -XEN_EINVAL);
    control.offset = 0;
    control.vcpu = 4000;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&control)), -XEN_ENOENT);
}

static void set_priority(int port, uint32_t priority)
{
    struct evtchn_set_priority request = {.port = (evtchn_port_t)port, .priority = priority};

    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_set_priority, HARG(&request)), 0);
}

static void check_priorities(int low, int high)
{
    hits = 0;
    set_priority(low, LOW);
    set_priority(high, HIGH);
    event_disable();
    EXPECT_EQ(event_send((evtchn_port_t)low), 0);
    EXPECT_EQ(event_send((evtchn_port_t)high), 0);
    event_enable();
    EXPECT_EQ(hits, 2);
    EXPECT_EQ(order[0], high);
    EXPECT_EQ(order[1], low);
}

GUEST_TEST(event_fifo)
{
    struct evtchn_set_priority wrong = {.priority = EVTCHN_FIFO_MAX_QUEUES};
    int low = event_bind_ipi(0), high;

    ASSERT(low > 0);
    check_wrong_arguments();
    EXPECT_EQ(event_send((evtchn_port_t)low), 0);
    ASSERT_EQ(event_use_fifo(), 0);
    EXPECT(event_pending((evtchn_port_t)low));
    EXPECT(event_masked((evtchn_port_t)low));
    event_set_handler((evtchn_port_t)low, count, NULL);
    EXPECT_EQ(hits, 1);
    high = event_bind_ipi(0);
    ASSERT(high > 0);
    event_set_handler((evtchn_port_t)high, count, NULL);
    EXPECT_EQ(event_send((evtchn_port_t)high), 0);
    EXPECT_EQ(hits, 2);
    check_priorities(low, high);
    event_mask((evtchn_port_t)high);
    hits = 0;
    EXPECT_EQ(event_send((evtchn_port_t)high), 0);
    EXPECT_EQ(hits, 0);
    EXPECT(event_pending((evtchn_port_t)high));
    EXPECT_EQ(event_unmask((evtchn_port_t)high), 0);
    EXPECT_EQ(hits, 1);
    wrong.port = (evtchn_port_t)high;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_set_priority, HARG(&wrong)), -XEN_EINVAL);
    EXPECT_EQ(event_close((evtchn_port_t)low), 0);
    EXPECT_EQ(event_close((evtchn_port_t)high), 0);
}
