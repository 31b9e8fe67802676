/* SPDX-License-Identifier: MIT */
/* A domain with memory, many vCPUs and many ports: made and destroyed. */
#include "guest/test.h"
#include "pvabi/domctl.h"
#include "preempt_longest/longest.h"

#define ID     77
#define PAGES  8192
#define VCPUS  128
#define PORTS  4000

static long domctl(uint32_t command, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = ID;
    return hypercall_domctl(HARG(op));
}

static void populate(void)
{
    static xen_pfn_t frames[PAGES];
    struct xen_memory_reservation request = {.nr_extents = PAGES, .domid = ID};

    for (unsigned int i = 0; i < PAGES; i++) {
        frames[i] = i;
    }
    set_xen_guest_handle(request.extent_start, frames);
    EXPECT_EQ(hypercall_memory_op(XENMEM_populate_physmap, HARG(&request)), PAGES);
}

GUEST_TEST(longest_domain)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = VCPUS,
                                               .max_evtchn_port = EVTCHN_FIFO_NR_CHANNELS - 1,
                                               .max_grant_frames = 64,
                                               .max_maptrack_frames = 1024,
                                               .grant_opts = 2}};
    struct xen_domctl resize = {.u.max_mem.max_memkb = (PAGES + 16) * 4}, vcpus = {.u.max_vcpus.max = VCPUS};
    static struct evtchn_alloc_unbound ports[PORTS];
    long error;

    ASSERT_EQ(domctl(XEN_DOMCTL_createdomain, &op), 0);
    EXPECT_EQ(domctl(XEN_DOMCTL_max_mem, &resize), 0);
    EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, &vcpus), 0);
    populate();
    for (unsigned int i = 0; i < PORTS; i++) {
        ports[i] = (struct evtchn_alloc_unbound){.dom = ID, .remote_dom = DOMID_SELF};
    }
    longest_many(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, ports, sizeof(ports[0]), PORTS);
    do {
        error = domctl(XEN_DOMCTL_destroydomain, &op);
    } while (error == -XEN_ERESTART);
    EXPECT_EQ(error, 0);
}
