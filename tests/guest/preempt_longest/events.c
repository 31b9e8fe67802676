/* SPDX-License-Identifier: MIT */
/* All 131,071 ports: allocated, closed while the guest keeps their words linked, searched, reset. */
#include "guest/test.h"
#include "preempt_longest/longest.h"

#define PORTS       (EVTCHN_FIFO_NR_CHANNELS - 1)
#define ARRAY_PAGES (EVTCHN_FIFO_NR_CHANNELS * 4 / PAGE_SIZE)
#define CHUNK       4096

static uint32_t *words;

static void give_words(void)
{
    struct evtchn_init_control control = {.control_gfn = memory_va_to_mfn(memory_page_alloc())};

    ASSERT_EQ(hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&control)), 0);
    words = memory_pages_alloc(ARRAY_PAGES);
    for (unsigned int i = 0; i < ARRAY_PAGES; i++) {
        struct evtchn_expand_array expand = {
            .array_gfn = memory_va_to_mfn((char *)words + i * PAGE_SIZE)};

        ASSERT_EQ(hypercall_event_channel_op(EVTCHNOP_expand_array, HARG(&expand)), 0);
    }
}

static void take_all_ports(void)
{
    static struct evtchn_alloc_unbound requests[CHUNK];
    unsigned int left = PORTS;

    while (left > 0) {
        unsigned int part = left < CHUNK ? left : CHUNK;

        for (unsigned int i = 0; i < part; i++) {
            requests[i] = (struct evtchn_alloc_unbound){.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
        }
        longest_many(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, requests, sizeof(requests[0]), part);
        left -= part;
    }
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF), -XEN_ENOSPC);
}

static void close_all_but(unsigned int kept)
{
    static struct evtchn_close requests[CHUNK];

    for (unsigned int port = 1; port + kept <= PORTS; port += CHUNK) {
        unsigned int part = PORTS - kept - port + 1 < CHUNK ? PORTS - kept - port + 1 : CHUNK;

        for (unsigned int i = 0; i < part; i++) {
            requests[i].port = port + i;
        }
        longest_many(__HYPERVISOR_event_channel_op, EVTCHNOP_close, requests, sizeof(requests[0]), part);
    }
}

GUEST_TEST(longest_events)
{
    struct evtchn_reset reset = {.dom = DOMID_SELF};

    /* The ports that the library has go with it: nothing here waits for an event. */
    event_disable();
    ASSERT_EQ(hypercall_event_channel_op(EVTCHNOP_reset, HARG(&reset)), 0);
    give_words();
    take_all_ports();
    for (unsigned int i = 1; i <= PORTS; i++) {
        words[i] |= 1u << EVTCHN_FIFO_LINKED;
    }
    close_all_but(1);
    /* Every free port is still in a queue, as far as its word tells: none can be had, however long one looks. */
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF), -XEN_ENOSPC);
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF), -XEN_ENOSPC);
    memset(words, 0, ARRAY_PAGES * PAGE_SIZE);
    ASSERT_EQ(hypercall_event_channel_op(EVTCHNOP_reset, HARG(&reset)), 0);
    give_words();
    take_all_ports();
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_reset, HARG(&reset)), 0);
}
