/* SPDX-License-Identifier: MIT */
/* Races about lives: two vCPUs of the toolstack's domain at one domain, and that domain's own doings. */
#include "race_bench.h"

#include <string.h>

#include "core/pirq.h"
#include "core/pte.h"
#include "port/cpu.h"
#include "pvabi/physdev.h"
#include "pvabi/sched.h"

#define GUEST 1u
#define NEW   7u

static void simple(unsigned int command, domid_t id)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    race_domctl(command, id, &op);
}

static void destroy(void)
{
    fake_preempt_every(60);
    simple(XEN_DOMCTL_destroydomain, GUEST);
}

static void pause_unpause(void)
{
    simple(XEN_DOMCTL_pausedomain, GUEST);
    simple(XEN_DOMCTL_unpausedomain, GUEST);
}

static void resume(void)
{
    simple(XEN_DOMCTL_resumedomain, GUEST);
}

static void create(void)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.u.createdomain.max_vcpus = 2;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = op.u.createdomain.max_maptrack_frames = 2;
    op.u.createdomain.grant_opts = 1;
    race_domctl(XEN_DOMCTL_createdomain, NEW, &op);
}

static void make_vcpus(void)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 2;
    race_domctl(XEN_DOMCTL_max_vcpus, NEW, &op);
}

static void destroy_new(void)
{
    simple(XEN_DOMCTL_destroydomain, NEW);
}

static void create_first(void)
{
    race_become(0, 0);
    create();
}

static void populate(void)
{
    xen_pfn_t frames[2] = {0, 1};
    struct xen_memory_reservation r = {.nr_extents = 2, .domid = GUEST};

    r.extent_start.p = (void *)(uintptr_t)fuzz_put(frames, sizeof(frames)).n;
    race_command(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r), 0);
}

static void claim(void)
{
    struct xen_memory_reservation r = {.nr_extents = 26, .domid = GUEST};

    race_command(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r), 0);
}

static void claim_first(void)
{
    race_become(0, 0);
    claim();
}

static void get_context(void)
{
    static struct vcpu_guest_context c;
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.u.vcpucontext.ctxt.p = (void *)(uintptr_t)fuzz_put(&c, sizeof(c)).n;
    race_domctl(XEN_DOMCTL_getvcpucontext, GUEST, &op);
}

static void set_context(void)
{
    static struct vcpu_guest_context c;
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    memset(&c, 0, sizeof(c));
    c.flags = VGCF_online | VGCF_in_kernel;
    c.ctrlreg[3] = xen_pfn_to_cr3(fuzz_pool(GUEST, 3, 1).n);
    op.u.vcpucontext.ctxt.p = (void *)(uintptr_t)fuzz_put(&c, sizeof(c)).n;
    race_domctl(XEN_DOMCTL_setvcpucontext, GUEST, &op);
}

/* dom0 maps a frame of the guest into its own tables. */
static void map_foreign(void)
{
    struct mmu_update update = {(fuzz_pool(0, 0, 0).n << PAGE_SHIFT) + 12 * sizeof(uint64_t),
                                pte_make(fuzz_pool(GUEST, FUZZ_PAGES, 3), RACE_RW)};

    race_call(__HYPERVISOR_mmu_update, fuzz_put(&update, sizeof(update)).n, 1, 0, GUEST);
}

static void unmap_foreign(void)
{
    race_mmu_update(fuzz_pool(0, 0, 0), 12, 0);
}

static void map_foreign_first(void)
{
    race_become(0, 0);
    map_foreign();
}

static void shut_down(void)
{
    uint32_t reason = SHUTDOWN_poweroff;

    race_call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, fuzz_put(&reason, sizeof(reason)).n, 0, 0);
}

static void vcpu_down_up(void)
{
    race_call(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0);
    race_call(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0);
}

static void vcpu_up(void)
{
    race_call(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0);
}

static void pin_all(void)
{
    fake_preempt_every(60);
    race_mmuext(MMUEXT_PIN_L4_TABLE, fuzz_pool(GUEST, 3, 0));
    race_mmuext(MMUEXT_NEW_BASEPTR, fuzz_pool(GUEST, 3, 1));
}

static void gdt(void)
{
    uint64_t frame = fuzz_pool(GUEST, FUZZ_PAGES, 3).n;

    race_call(__HYPERVISOR_set_gdt, fuzz_put(&frame, sizeof(frame)).n, 8, 0, 0);
}

static void timers(void)
{
    uint64_t period = 1000000;

    race_call(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, fuzz_put(&period, sizeof(period)).n, 0);
    race_call(__HYPERVISOR_set_timer_op, 1, 0, 0, 0);
}

static void watchdog(void)
{
    struct sched_watchdog op = {0, 10};

    race_call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, fuzz_put(&op, sizeof(op)).n, 0, 0);
}

static void affinity(void)
{
    uint64_t mask = 1ull << (FUZZ_CPUS - 1);
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
    op.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)(uintptr_t)fuzz_put(&mask, sizeof(mask)).n;
    race_domctl(XEN_DOMCTL_setvcpuaffinity, GUEST, &op);
}

static void pirq(void)
{
    struct evtchn_bind_pirq op = {.pirq = 5};

    race_event(EVTCHNOP_bind_pirq, &op, sizeof(op));
}

static void pirq_close(void)
{
    struct evtchn_close op = {1};

    race_event(EVTCHNOP_close, &op, sizeof(op));
    pirq_interrupt(5);
}

static void pirq_first(void)
{
    race_become(0, 0);
    pirq();
}

static const struct race races[] = {
    {"death by two", NULL, {{0, 0, destroy}, {0, 1, destroy}}, NULL},
    {"death against pausing", NULL, {{0, 0, destroy}, {0, 1, pause_unpause}}, NULL},
    {"death against resumption", NULL, {{0, 0, destroy}, {0, 1, resume}}, NULL},
    {"death against new memory", NULL, {{0, 0, destroy}, {0, 1, populate}}, NULL},
    {"death against a claim", NULL, {{0, 0, destroy}, {0, 1, claim}}, NULL},
    {"new memory against a claim's end", claim_first, {{0, 0, populate}, {0, 1, claim}}, NULL},
    {"death against a context that is read", NULL, {{0, 0, destroy}, {0, 1, get_context}}, NULL},
    {"death against a context that is set", NULL, {{0, 0, destroy}, {0, 1, set_context}}, NULL},
    {"death against a foreign mapping", NULL, {{0, 0, destroy}, {0, 1, map_foreign}}, NULL},
    {"death against a foreign mapping's end",
     map_foreign_first,
     {{0, 0, destroy}, {0, 1, unmap_foreign}},
     NULL},
    {"death against a shutdown", NULL, {{0, 0, destroy}, {GUEST, 0, shut_down}}, NULL},
    {"death against roots and pins", NULL, {{0, 0, destroy}, {GUEST, 0, pin_all}}, NULL},
    {"death against a GDT", NULL, {{0, 0, destroy}, {GUEST, 0, gdt}}, NULL},
    {"death against timers", NULL, {{0, 0, destroy}, {GUEST, 0, timers}}, NULL},
    {"death against a watchdog", NULL, {{0, 0, destroy}, {GUEST, 0, watchdog}}, NULL},
    {"death against vCPUs", NULL, {{0, 0, destroy}, {GUEST, 0, vcpu_down_up}}, NULL},
    {"death against an affinity", NULL, {{0, 0, destroy}, {0, 1, affinity}}, NULL},
    {"pausing against pausing", NULL, {{0, 0, pause_unpause}, {0, 1, pause_unpause}}, NULL},
    {"pausing against a shutdown", NULL, {{0, 0, pause_unpause}, {GUEST, 0, shut_down}}, NULL},
    {"shutdown against shutdown", NULL, {{GUEST, 0, shut_down}, {GUEST, 1, shut_down}}, NULL},
    {"resumption against a shutdown", NULL, {{0, 0, resume}, {GUEST, 0, shut_down}}, NULL},
    {"a vCPU down and up", NULL, {{GUEST, 0, vcpu_down_up}, {GUEST, 1, vcpu_up}}, NULL},
    {"an affinity against vCPUs", NULL, {{0, 0, affinity}, {GUEST, 1, vcpu_down_up}}, NULL},
    {"creation with one id", NULL, {{0, 0, create}, {0, 1, create}}, NULL},
    {"creation against death", NULL, {{0, 0, create}, {0, 1, destroy_new}}, NULL},
    {"vCPUs made twice", create_first, {{0, 0, make_vcpus}, {0, 1, make_vcpus}}, NULL},
    {"vCPUs made against death", create_first, {{0, 0, make_vcpus}, {0, 1, destroy_new}}, NULL},
    {"an interrupt bound twice", NULL, {{0, 0, pirq}, {0, 1, pirq}}, NULL},
    {"an interrupt against its end", pirq_first, {{0, 0, pirq_close}, {0, 1, pirq}}, NULL},
};

START_TEST(lives)
{
    race_explore(&races[_i]);
}
END_TEST

/* A vCPU that a shutdown stopped told its domain when that was dead and freed: the reference came too late.
 */
START_TEST(a_stopped_vcpu_keeps_its_domain)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(races); i++) {
        if (strcmp(races[i].name, "death against a shutdown") == 0) {
            race_replay(&races[i], "0x59 1x45 0x2948 1x273 0x1");
        }
    }
}
END_TEST

TCase *race_life_tests(void)
{
    TCase *t = tcase_create("lives");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_stopped_vcpu_keeps_its_domain);
    tcase_add_loop_test(t, lives, 0, ARRAY_SIZE(races));
    return t;
}
