/* SPDX-License-Identifier: MIT */
/*
 * Toolstacks that know nothing of each other work on the same domains: some build, one pauses, unpauses, changes
 * and destroys whatever it finds. What each call answers is open; in the end all domains go, and the hypervisor
 * has as much memory free as before.
 *
 * usage: toolstack-stress ROUNDS
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/hypercall.h"
#include "pvabi/domctl.h"
#include "pvabi/memory.h"
#include "pvabi/sysctl.h"
#include "pvabi/xen.h"

#define FIRST_ID  3000u /* away from those that other toolstacks choose */
#define DOMAINS   6u
#define BUILDERS  4u
#define FRAMES    512u /* 2 MiB */
#define VCPUS_MAX 128u

#define SETTLED_FOR   50u /* so many looks in a row see the same */
#define SETTLED_TRIES 300u
#define GONE_TRIES    1000u
#define GONE_PAUSE_US 10000u

static struct pv_ctx *ctx;

static long domctl(domid_t domain, uint32_t command, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domain;
    return pv_hypercall1(ctx, __HYPERVISOR_domctl, op);
}

static domid_t any_domain(void)
{
    return (domid_t)(FIRST_ID + (unsigned int)rand() % DOMAINS);
}

static void populate(domid_t domain)
{
    size_t mark = pv_ctx_mark(ctx);
    xen_pfn_t *frames = pv_ctx_take(ctx, FRAMES * sizeof(*frames));
    struct xen_memory_reservation *r = pv_ctx_take(ctx, sizeof(*r));

    for (unsigned int i = 0; i < FRAMES; i++) {
        frames[i] = i;
    }
    *r = (struct xen_memory_reservation){.nr_extents = FRAMES, .domid = domain};
    set_xen_guest_handle(r->extent_start, frames);
    pv_hypercall2(ctx, __HYPERVISOR_memory_op, XENMEM_populate_physmap, r);
    pv_ctx_release(ctx, mark);
}

/* A domain with memory and vCPUs, without a context. */
static void build(struct xen_domctl *op, domid_t id, uint32_t vcpus)
{
    op->u.createdomain = (struct xen_domctl_createdomain){.max_vcpus = vcpus,
                                                          .max_evtchn_port = 1023,
                                                          .max_grant_frames = 4,
                                                          .max_maptrack_frames = 4,
                                                          .grant_opts = 1};
    if (domctl(id, XEN_DOMCTL_createdomain, op) != 0) {
        return; /* another builder has it */
    }
    op->u.max_mem.max_memkb = FRAMES * 4 + 64;
    domctl(id, XEN_DOMCTL_max_mem, op);
    op->u.max_vcpus.max = vcpus;
    domctl(id, XEN_DOMCTL_max_vcpus, op);
    populate(id);
    domctl(id, XEN_DOMCTL_unpausedomain, op);
}

/* Any of the things that a toolstack may do to a domain, not last its end. */
static void disturb(struct xen_domctl *op)
{
    static const uint32_t commands[] = {
        XEN_DOMCTL_pausedomain,   XEN_DOMCTL_unpausedomain,     XEN_DOMCTL_destroydomain, XEN_DOMCTL_getdomaininfo,
        XEN_DOMCTL_resumedomain,  XEN_DOMCTL_get_ext_vcpucontext, XEN_DOMCTL_sendtrigger, XEN_DOMCTL_getvcpuinfo,
        XEN_DOMCTL_setvcpucontext};
    uint32_t command = commands[(unsigned int)rand() % (sizeof(commands) / sizeof(commands[0]))];

    op->u = (__typeof__(op->u)){0};
    domctl(any_domain(), command, op);
}

static uint64_t free_frames(void)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    uint64_t count;

    op->cmd = XEN_SYSCTL_physinfo;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    count = pv_hypercall1(ctx, __HYPERVISOR_sysctl, op) == 0 ? op->u.physinfo.free_pages : 0;
    pv_ctx_release(ctx, mark);
    return count;
}

/* What a domain leaves goes piece by piece, also after it is in no list any more. */
static uint64_t settled_frames(void)
{
    uint64_t count = free_frames();

    for (unsigned int i = 0, same = 0; i < SETTLED_TRIES && same < SETTLED_FOR; i++) {
        uint64_t now = free_frames();

        same = now == count ? same + 1 : 0;
        count = now;
        usleep(GONE_PAUSE_US);
    }
    return count;
}

static void open_context(void)
{
    struct pv_error error = {0};

    ctx = pv_ctx_open(&error);
    if (!ctx) {
        fprintf(stderr, "toolstack-stress: no hypervisor\n");
        exit(EXIT_FAILURE);
    }
}

static void run_worker(unsigned int number, unsigned int rounds)
{
    struct xen_domctl *op;

    open_context();
    op = pv_ctx_take(ctx, sizeof(*op));
    srand(number);
    for (unsigned int i = 0; i < rounds; i++) {
        if (number < BUILDERS) {
            build(op, any_domain(), 1 + (uint32_t)rand() % VCPUS_MAX);
        } else {
            disturb(op);
        }
    }
    exit(EXIT_SUCCESS);
}

/* Who looks at a domain that ends, such as the store's daemon, may keep it for a moment. */
static bool is_gone(struct xen_domctl *op, domid_t id)
{
    for (unsigned int i = 0; i < GONE_TRIES; i++) {
        if (domctl(id, XEN_DOMCTL_getdomaininfo, op) != 0 || op->domain != id) {
            return true;
        }
        usleep(GONE_PAUSE_US);
    }
    return false;
}

/* Ends the first domains; false if one stays. */
static bool end_all(unsigned int count)
{
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    bool gone = true;

    for (unsigned int i = 0; i < count; i++) {
        long result;

        do {
            result = domctl((domid_t)(FIRST_ID + i), XEN_DOMCTL_destroydomain, op);
        } while (result == -EAGAIN);
        gone = is_gone(op, (domid_t)(FIRST_ID + i)) && gone;
    }
    return gone;
}

/* The hypervisor keeps room for as many vCPUs as there ever were at once: that is more than the workers have. */
static bool grow_rooms(void)
{
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));

    for (unsigned int i = 0; i < 2 * DOMAINS; i++) {
        build(op, (domid_t)(FIRST_ID + i), VCPUS_MAX);
    }
    return end_all(2 * DOMAINS);
}

int main(int count, char **words)
{
    unsigned int rounds = count > 1 ? (unsigned int)strtoul(words[1], NULL, 10) : 100;
    uint64_t before, after;
    bool gone;

    open_context();
    if (!grow_rooms()) {
        fprintf(stderr, "toolstack-stress: a domain of the beginning stays\n");
        return EXIT_FAILURE;
    }
    before = settled_frames();
    for (unsigned int number = 0; number <= BUILDERS; number++) {
        /* The one that disturbs has more to do than each that builds. */
        if (fork() == 0) {
            run_worker(number, number < BUILDERS ? rounds : rounds * BUILDERS * 2);
        }
    }
    while (wait(NULL) > 0) {
    }
    gone = end_all(DOMAINS);
    after = settled_frames();
    printf("free before %llu, after %llu, all gone: %s\n", (unsigned long long)before,
           (unsigned long long)after, gone ? "yes" : "no");
    return gone && after == before ? EXIT_SUCCESS : EXIT_FAILURE;
}
