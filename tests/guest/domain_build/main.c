/* SPDX-License-Identifier: MIT */
/* The first domain makes another, fills it with memory, maps and writes a page of it, and destroys it to the
 * last page. */
#include "guest/test.h"
#include "pvabi/domctl.h"
#include "pvabi/sysctl.h"

#define PAGES 64
#define ID    77

static long domctl(uint32_t command, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = ID;
    return hypercall_domctl(HARG(op));
}

static uint64_t free_pages(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    EXPECT_EQ(hypercall_sysctl(HARG(&op)), 0);
    return op.u.physinfo.free_pages;
}

static void create(void)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = 1,
                                               .max_evtchn_port = 1023,
                                               .max_grant_frames = 4,
                                               .max_maptrack_frames = 4,
                                               .grant_opts = 1}};

    ASSERT_EQ(domctl(XEN_DOMCTL_createdomain, &op), 0);
    EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, &op), -XEN_EEXIST);
    op = (struct xen_domctl){.u.max_mem.max_memkb = (PAGES + 16) * 4};
    EXPECT_EQ(domctl(XEN_DOMCTL_max_mem, &op), 0);
    op = (struct xen_domctl){.u.max_vcpus.max = 1};
    EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, &op), 0);
}

static xen_pfn_t populate(void)
{
    static xen_pfn_t frames[PAGES];
    struct xen_memory_reservation request = {.nr_extents = PAGES, .domid = ID};
    struct xen_domctl info = {0};

    for (unsigned int i = 0; i < PAGES; i++) {
        frames[i] = i;
    }
    set_xen_guest_handle(request.extent_start, frames);
    EXPECT_EQ(hypercall_memory_op(XENMEM_populate_physmap, HARG(&request)), PAGES);
    EXPECT_EQ(memory_mfn_to_pfn(frames[3]), 3);
    EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, &info), 0);
    EXPECT_EQ(info.u.getdomaininfo.tot_pages, PAGES);
    EXPECT(info.u.getdomaininfo.flags & XEN_DOMINF_paused);
    return frames[3];
}

static long map(void *window, uint64_t pte)
{
    struct mmu_update request = {.ptr = pt_entry_maddr(window, 1), .val = pte};

    return hypercall_mmu_update(HARG(&request), 1, 0, ID);
}

static void destroy(void)
{
    struct xen_domctl op = {0};
    long error;

    do {
        error = domctl(XEN_DOMCTL_destroydomain, &op);
    } while (error == -XEN_ERESTART);
    EXPECT_EQ(error, 0);
}

/* As long as its page is mapped a domain is not gone; then it goes to the last page. */
static void live_and_die(volatile uint64_t *window)
{
    struct xen_domctl info = {0};
    xen_pfn_t mfn;

    create();
    mfn = populate();
    EXPECT_EQ(pt_set((void *)window, mfn << PAGE_SHIFT | PTE_PAGE), -XEN_EBUSY);
    ASSERT_EQ(map((void *)window, mfn << PAGE_SHIFT | PTE_PAGE), 0);
    EXPECT_EQ(window[0], 0);
    window[0] = 4711;
    destroy();
    EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, &info), 0);
    EXPECT(info.u.getdomaininfo.flags & XEN_DOMINF_dying);
    EXPECT_EQ(window[0], 4711);
    EXPECT_EQ(pt_unmap((void *)window), 0);
    time_spin(50 * TIME_MS);
    EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, &info), -XEN_ESRCH);
    EXPECT(map((void *)window, mfn << PAGE_SHIFT | PTE_PAGE) < 0);
}

GUEST_TEST(domain_build)
{
    volatile uint64_t *window = pt_reserve(1);
    uint64_t before;

    if (!guest_is_initial_domain()) {
        test_skip("the first domain's");
    }
    /* The first may leave the hypervisor's heap a page larger or smaller, further ones may not. */
    live_and_die(window);
    time_sleep(500 * TIME_MS);
    before = free_pages();
    live_and_die(window);
    live_and_die(window);
    /* The last of its records go when no CPU can be looking at them any more. */
    for (unsigned int tries = 0; tries < 40 && free_pages() < before; tries++) {
        time_sleep(50 * TIME_MS);
    }
    EXPECT(free_pages() >= before);
}
