/* SPDX-License-Identifier: MIT */
/* What the toolstack asks for with a large domain: its largest extents, all its vCPUs, its frames in long lists. */
#include "guest/test.h"
#include "preempt_longest/longest.h"
#include "pvabi/domctl.h"
#include "pvabi/sysctl.h"

#define ID    78
#define VCPUS 512 /* as many as the hypervisor allows */
#define MAPS  1024
#define DOMAINS 450
#define FIRST_OF_MANY 1000
#define ORDER 18 /* the largest that Xen has; what is too large is refused */

static long domctl(uint32_t command, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = ID;
    return hypercall_domctl(HARG(op));
}

static void create(uint32_t vcpus)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = vcpus,
                                               .max_evtchn_port = 1023,
                                               .max_grant_frames = 4,
                                               .max_maptrack_frames = 4,
                                               .grant_opts = 1}};
    struct xen_domctl resize = {.u.max_mem.max_memkb = ~0ul};

    ASSERT_EQ(domctl(XEN_DOMCTL_createdomain, &op), 0);
    EXPECT_EQ(domctl(XEN_DOMCTL_max_mem, &resize), 0);
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

/* One extent of each order; returns the first frame of the largest that there was. */
static xen_pfn_t populate(void)
{
    xen_pfn_t first = 0;

    for (unsigned int order = 0; order <= ORDER; order++) {
        xen_pfn_t frame = 1ul << order;
        struct xen_memory_reservation request = {.nr_extents = 1, .extent_order = order, .domid = ID};

        set_xen_guest_handle(request.extent_start, &frame);
        if (hypercall_memory_op(XENMEM_populate_physmap, HARG(&request)) == 1) {
            first = frame;
        }
    }
    return first;
}

static void look_at(xen_pfn_t first)
{
    static xen_pfn_t frames[MAPS];
    static struct mmu_update updates[MAPS];
    struct xen_domctl op = {.u.getpageframeinfo3.num = MAPS};
    char *window = pt_reserve(MAPS);
    unsigned long done = 0;

    for (unsigned int i = 0; i < MAPS; i++) {
        frames[i] = first + i % 512;
        updates[i].ptr = pt_entry_maddr(window + i * PAGE_SIZE, 1);
        updates[i].val = frames[i] << PAGE_SHIFT | PTE_PAGE;
    }
    set_xen_guest_handle(op.u.getpageframeinfo3.array, frames);
    EXPECT_EQ(domctl(XEN_DOMCTL_getpageframeinfo3, &op), 0);
    EXPECT_EQ(hypercall_mmu_update(HARG(updates), MAPS, HARG(&done), ID), 0);
    for (unsigned int i = 0; i < MAPS; i++) {
        updates[i].val = 0;
    }
    EXPECT_EQ(hypercall_mmu_update(HARG(updates), MAPS, HARG(&done), DOMID_SELF), 0);
}

/* Every domain that there is, in one list. */
GUEST_TEST(longest_list)
{
    static struct xen_domctl_getdomaininfo list[DOMAINS + 1];
    struct xen_domctl create_op = {.u.createdomain = {
                                       .max_vcpus = 1,
                                       .max_evtchn_port = 127,
                                       .max_grant_frames = 4,
                                       .max_maptrack_frames = 4,
                                       .grant_opts = 1}};
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
                            .u.getdomaininfolist = {.max_domains = DOMAINS + 1}};
    struct xen_domctl destroy_op = {.cmd = XEN_DOMCTL_destroydomain,
                                    .interface_version = XEN_DOMCTL_INTERFACE_VERSION};

    for (unsigned int i = 0; i < DOMAINS; i++) {
        create_op.cmd = XEN_DOMCTL_createdomain;
        create_op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        create_op.domain = (domid_t)(FIRST_OF_MANY + i);
        ASSERT_EQ(hypercall_domctl(HARG(&create_op)), 0);
    }
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
    EXPECT_EQ(hypercall_sysctl(HARG(&op)), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, DOMAINS + 1);
    EXPECT_EQ(list[DOMAINS].domain, FIRST_OF_MANY + DOMAINS - 1);
    for (unsigned int i = 0; i < DOMAINS; i++) {
        destroy_op.domain = (domid_t)(FIRST_OF_MANY + i);
        while (hypercall_domctl(HARG(&destroy_op)) == -XEN_ERESTART) {
        }
    }
}

GUEST_TEST(longest_large)
{
    create(1);
    look_at(populate());
    destroy();
}

GUEST_TEST(longest_vcpus)
{
    struct xen_domctl op = {.u.max_vcpus.max = VCPUS}, info = {0}, pause = {0};

    create(VCPUS);
    EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, &op), 0);
    EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, &info), 0);
    EXPECT_EQ(info.u.getdomaininfo.max_vcpu_id, VCPUS - 1);
    EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, &pause), 0);
    destroy();
}
