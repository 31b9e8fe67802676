/* SPDX-License-Identifier: MIT */
/* Races about event channels: ports that are closed, reset, moved and used at once, on both ABIs. */
#include "race_bench.h"

#include <string.h>

#include "core/evtchn_port.h"
#include "port/cpu.h"
#include "pvabi/sched.h"

#define ALICE 1u
#define BOB   2u

static evtchn_port_t alices, bobs;
static evtchn_port_t others; /* Bob's end of a second channel, for nobody's poll */

#define EVENT(command, ...)                                \
    do {                                                   \
        struct evtchn_##command op_ = {__VA_ARGS__};       \
        race_event(EVTCHNOP_##command, &op_, sizeof(op_)); \
    } while (0)

/* ---- the beginnings ---- */

static void offer(void)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = BOB};

    race_become(ALICE, 0);
    race_require(race_event(EVTCHNOP_alloc_unbound, &op, sizeof(op)) == 0, "no port");
    alices = op.port;
    bobs = 0;
}

static void bind(void)
{
    struct evtchn_bind_interdomain op = {.remote_dom = ALICE, .remote_port = alices};

    if (race_event(EVTCHNOP_bind_interdomain, &op, sizeof(op)) == 0) {
        bobs = op.local_port;
    }
}

static void unmask_vcpu(unsigned int domain, unsigned int vcpu)
{
    domain_by_id((domid_t)domain)->vcpus[vcpu]->evtchn.info->evtchn_upcall_mask = 0;
}

static void connect(void)
{
    offer();
    race_become(BOB, 0);
    bind();
    race_require(bobs != 0, "no channel");
}

static void connect_two(void)
{
    connect();
    others = bobs;
    connect();
}

static void give_fifo(unsigned int domain)
{
    for (unsigned int i = 0; i < FUZZ_VCPUS; i++) {
        struct evtchn_init_control op = {
            .control_gfn = fuzz_pool(domain, FUZZ_PAGES, 0).n, .offset = i * 128, .vcpu = i};

        race_event(EVTCHNOP_init_control, &op, sizeof(op));
    }
    EVENT(expand_array, fuzz_pool(domain, FUZZ_PAGES, 1).n);
}

static void fifo_alice(void)
{
    give_fifo(ALICE);
}

static void connect_fifo(void)
{
    connect();
    race_become(ALICE, 0);
    give_fifo(ALICE);
    race_become(BOB, 0);
    give_fifo(BOB);
}

/* ---- what each side does ---- */

static void alice_closes(void)
{
    EVENT(close, alices);
}

static void bob_closes(void)
{
    EVENT(close, bobs);
}

static void alice_sends(void)
{
    EVENT(send, alices);
}

static void bob_sends(void)
{
    EVENT(send, bobs);
}

static void bob_sends_others(void)
{
    EVENT(send, others);
}

static void bob_sends_both(void)
{
    bob_sends_others();
    bob_sends();
}

static void alice_resets(void)
{
    fake_preempt_every(3);
    EVENT(reset, DOMID_SELF);
}

static void bob_resets(void)
{
    EVENT(reset, DOMID_SELF);
}

static void alice_moves(void)
{
    EVENT(bind_vcpu, .port = alices, .vcpu = 1);
    EVENT(set_priority, .port = alices, .priority = 3);
}

static void alice_unmasks(void)
{
    domain_by_id(ALICE)->shared_info->evtchn_mask[0] = 0;
    EVENT(unmask, alices);
}

static void alice_allocates(void)
{
    EVENT(alloc_unbound, .dom = DOMID_SELF, .remote_dom = BOB);
    EVENT(bind_ipi, .vcpu = 1);
}

static void alice_binds_virq(void)
{
    EVENT(bind_virq, .virq = VIRQ_TIMER, .vcpu = 0);
}

static void alice_places_info(void)
{
    struct vcpu_register_vcpu_info op = {.mfn = fuzz_pool(ALICE, FUZZ_PAGES, 2).n, .offset = 64};

    race_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, fuzz_put(&op, sizeof(op)).n, 0);
}

static void alice_polls(void)
{
    struct sched_poll op;

    memset(&op, 0, sizeof(op));
    op.ports.p = (void *)(uintptr_t)fuzz_put(&alices, sizeof(alices)).n;
    op.nr_ports = 1;
    race_call(__HYPERVISOR_sched_op, SCHEDOP_poll, fuzz_put(&op, sizeof(op)).n, 0, 0);
}

static void alice_sleeps(void)
{
    struct sched_poll op = {.timeout = 1ull << 62};

    race_call(__HYPERVISOR_sched_op, SCHEDOP_poll, fuzz_put(&op, sizeof(op)).n, 0, 0);
}

static void alice_blocks(void)
{
    race_call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
}

static void alice_dies(void)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    race_domctl(XEN_DOMCTL_destroydomain, ALICE, &op);
}

/* ---- what must be true afterwards ---- */

/* Each connected port is its peer's peer, and as many are counted as there are. */
static void check_ports_of(const struct domain *d)
{
    uint32_t active = 0;

    for (uint32_t i = 1; d && i < d->evtchn.valid_ports; i++) {
        const struct evtchn *port = evtchn_lookup(d, i), *peer;

        active += port->state != EVTCHN_FREE;
        race_require(port->state != EVTCHN_RESERVED, "a port stays reserved");
        if (port->state == EVTCHN_INTERDOMAIN) {
            peer = evtchn_lookup(port->u.peer.domain, port->u.peer.port);
            race_require(peer->state == EVTCHN_INTERDOMAIN && peer->u.peer.domain == d &&
                             peer->u.peer.port == i,
                         "a port is connected to one that is not connected to it");
        }
    }
    race_require(!d || active == d->evtchn.active, "the count of ports is wrong");
}

static void check_ports(void)
{
    check_ports_of(domain_by_id(ALICE));
    check_ports_of(domain_by_id(BOB));
}

/* An event that was sent ends a wait: nobody sleeps with something pending. */
static void check_awake(void)
{
    const struct vcpu *v = domain_by_id(ALICE)->vcpus[0];

    race_require(!(v->sched.pause_flags & SCHED_PAUSE_BLOCKED), "a vCPU sleeps on a pending event");
    check_ports();
}

/* Who sleeps in a poll can be woken from it, and counts as one who polls. */
static void check_pollers(void)
{
    const struct domain *d = domain_by_id(ALICE);
    uint32_t pollers = 0;

    for (unsigned int i = 0; i < FUZZ_VCPUS; i++) {
        bool polls = d->vcpus[i]->evtchn.poll != EVTCHN_POLL_NONE;

        pollers += polls;
        race_require(polls || !(d->vcpus[i]->sched.pause_flags & SCHED_PAUSE_BLOCKED),
                     "a vCPU sleeps in a poll that was ended");
    }
    race_require(d->evtchn.pollers == pollers, "the count of pollers is wrong");
}

/* The port that was polled has an event. */
static void check_polled(void)
{
    check_pollers();
    check_awake();
}

static void connect_unmasked(void)
{
    connect();
    unmask_vcpu(ALICE, 0);
}

static const struct race races[] = {
    {"close against send", connect, {{ALICE, 0, alice_closes}, {BOB, 0, bob_sends}}, check_ports},
    {"close against close", connect, {{ALICE, 0, alice_closes}, {BOB, 0, bob_closes}}, check_ports},
    {"close of one end by two vCPUs",
     connect,
     {{ALICE, 0, alice_closes}, {ALICE, 1, alice_closes}},
     check_ports},
    {"close, close, send",
     connect,
     {{ALICE, 0, alice_closes}, {BOB, 0, bob_closes}, {ALICE, 1, alice_sends}},
     check_ports},
    {"close against binding", offer, {{ALICE, 0, alice_closes}, {BOB, 0, bind}}, check_ports},
    {"binding twice", offer, {{BOB, 0, bind}, {BOB, 1, bind}}, check_ports},
    {"reset against binding", offer, {{ALICE, 0, alice_resets}, {BOB, 0, bind}}, check_ports},
    {"reset against reset", connect, {{ALICE, 0, alice_resets}, {BOB, 0, bob_resets}}, check_ports},
    {"two resets of one domain", connect, {{ALICE, 0, alice_resets}, {ALICE, 1, alice_resets}}, check_ports},
    {"reset against allocation",
     connect,
     {{ALICE, 0, alice_resets}, {ALICE, 1, alice_allocates}},
     check_ports},
    {"reset against send", connect_fifo, {{ALICE, 0, alice_resets}, {BOB, 0, bob_sends}}, check_ports},
    {"reset against the FIFO ABI", connect, {{ALICE, 0, alice_resets}, {ALICE, 1, fifo_alice}}, check_ports},
    {"the FIFO ABI twice", connect, {{ALICE, 0, fifo_alice}, {ALICE, 1, fifo_alice}}, check_ports},
    {"send against the FIFO ABI", connect, {{ALICE, 0, fifo_alice}, {BOB, 0, bob_sends}}, check_ports},
    {"sends on FIFO",
     connect_fifo,
     {{BOB, 0, bob_sends}, {BOB, 1, bob_sends}, {ALICE, 1, alice_unmasks}},
     check_ports},
    {"move against send", connect_fifo, {{ALICE, 0, alice_moves}, {BOB, 0, bob_sends}}, check_ports},
    {"move against close", connect, {{ALICE, 0, alice_moves}, {ALICE, 1, alice_closes}}, check_ports},
    {"close against send on FIFO",
     connect_fifo,
     {{ALICE, 0, alice_closes}, {BOB, 0, bob_sends}},
     check_ports},
    {"one VIRQ bound twice",
     offer,
     {{ALICE, 0, alice_binds_virq}, {ALICE, 1, alice_binds_virq}},
     check_ports},
    {"a vcpu_info placed against send",
     connect_unmasked,
     {{ALICE, 0, alice_places_info}, {BOB, 0, bob_sends}},
     check_ports},
    {"a vcpu_info placed twice",
     offer,
     {{ALICE, 0, alice_places_info}, {ALICE, 1, alice_places_info}},
     check_ports},
    {"poll against send", connect, {{ALICE, 0, alice_polls}, {BOB, 0, bob_sends}}, check_awake},
    {"block against send", connect_unmasked, {{ALICE, 0, alice_blocks}, {BOB, 0, bob_sends}}, check_awake},
    {"poll against another port's event",
     connect_two,
     {{ALICE, 0, alice_polls}, {BOB, 0, bob_sends_others}},
     check_pollers},
    {"poll against another port's event and its own",
     connect_two,
     {{ALICE, 0, alice_polls}, {BOB, 0, bob_sends_both}},
     check_polled},
    {"two polls against events",
     connect_two,
     {{ALICE, 0, alice_polls}, {ALICE, 1, alice_sleeps}, {BOB, 0, bob_sends_both}},
     check_polled},
    {"a poll for nothing against events",
     connect_two,
     {{ALICE, 0, alice_sleeps}, {BOB, 0, bob_sends_others}, {BOB, 1, bob_sends}},
     check_pollers},
    {"poll against close", connect, {{ALICE, 0, alice_polls}, {ALICE, 1, alice_closes}}, check_ports},
    {"death against send", connect, {{0, 0, alice_dies}, {BOB, 0, bob_sends}}, check_ports},
    {"death against binding", offer, {{0, 0, alice_dies}, {BOB, 0, bind}}, check_ports},
    {"death against the FIFO ABI", connect, {{0, 0, alice_dies}, {ALICE, 0, fifo_alice}}, check_ports},
    {"death against a vcpu_info", connect, {{0, 0, alice_dies}, {ALICE, 0, alice_places_info}}, check_ports},
    {"death against close", connect, {{0, 0, alice_dies}, {BOB, 0, bob_closes}}, check_ports},
};

START_TEST(events)
{
    race_explore(&races[_i]);
}
END_TEST

/* An event of another port ended a poll before its vCPU was blocked: that slept for ever. */
START_TEST(a_poll_that_is_ended_early_does_not_sleep)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(races); i++) {
        if (strcmp(races[i].name, "poll against another port's event") == 0) {
            race_replay(&races[i], "0x4 1x25 0x40");
        }
    }
}
END_TEST

TCase *race_event_tests(void)
{
    TCase *t = tcase_create("events");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_poll_that_is_ended_early_does_not_sleep);
    tcase_add_loop_test(t, events, 0, ARRAY_SIZE(races));
    return t;
}
