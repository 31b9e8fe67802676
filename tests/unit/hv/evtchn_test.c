/* SPDX-License-Identifier: MIT */
/* Event channels: each command's rules and errors, both ABIs, closing, resetting. */
#include <check.h>
#include <string.h>

#include "core/evtchn_port.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "port/cpu.h"

static struct domain *dom0, *alice, *bob;

static void setup(void)
{
    bench_start(2, "fair");
    dom0 = bench_domain(0, 2);
    alice = bench_domain(1, 3);
    bob = bench_domain(2, 1);
    bench_become(alice->vcpus[0]);
}

static void teardown(void)
{
    bench_end();
}

static int64_t op(unsigned int command, void *argument)
{
    return bench_hypercall(hypercall_event_channel_op, command, argument, 0);
}

static bool pending_bit(const struct domain *d, evtchn_port_t port)
{
    return d->shared_info->evtchn_pending[port / 64] >> port % 64 & 1;
}

static void guest_mask(struct domain *d, evtchn_port_t port)
{
    d->shared_info->evtchn_mask[port / 64] |= 1ul << port % 64;
}

static evtchn_port_t unbound(struct domain *d, domid_t remote)
{
    evtchn_port_t port = 0;

    ck_assert_int_eq(evtchn_alloc_unbound(d, remote, &port), 0);
    return port;
}

/* A channel between alice and bob. */
static void connect(evtchn_port_t *alices, evtchn_port_t *bobs)
{
    *bobs = unbound(bob, alice->id);
    ck_assert_int_eq(evtchn_bind_interdomain(alice, bob, *bobs, alices), 0);
}

static uint32_t status_of(struct domain *d, evtchn_port_t port)
{
    struct evtchn_status status = {0};

    ck_assert_int_eq(evtchn_get_status(d, port, &status), 0);
    return status.status;
}

/* What a guest does before it looks for events. */
static void guest_takes(struct vcpu *v)
{
    v->evtchn.info->evtchn_upcall_pending = 0;
    v->evtchn.info->evtchn_pending_sel = 0;
}

START_TEST(ports_are_given_lowest_first)
{
    ck_assert_uint_eq(unbound(alice, 0), 1);
    ck_assert_uint_eq(unbound(alice, 0), 2);
    ck_assert_uint_eq(unbound(alice, 0), 3);
    ck_assert_int_eq(evtchn_close(alice, 2), 0);
    ck_assert_int_eq(evtchn_close(alice, 1), 0);
    ck_assert_uint_eq(unbound(alice, 0), 1);
    ck_assert_uint_eq(unbound(alice, 0), 2);
    ck_assert_uint_eq(unbound(alice, 0), 4);
}
END_TEST

START_TEST(two_level_has_4096_ports)
{
    evtchn_port_t port;

    for (unsigned int i = 1; i < EVTCHN_2L_NR_CHANNELS; i++) {
        ck_assert_uint_eq(unbound(alice, 0), i);
    }
    ck_assert_int_eq(evtchn_alloc_unbound(alice, 0, &port), -XEN_ENOSPC);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &port), -XEN_ENOSPC);
    ck_assert_int_eq(evtchn_close(alice, 4000), 0);
    ck_assert_uint_eq(unbound(alice, 0), 4000);
}
END_TEST

START_TEST(toolstack_limits_ports)
{
    struct evtchn_domain saved = alice->evtchn;
    evtchn_port_t port;

    ck_assert_int_eq(evtchn_domain_init(alice, 70), 0);
    for (unsigned int i = 1; i <= 70; i++) {
        ck_assert_uint_eq(unbound(alice, 0), i);
    }
    ck_assert_int_eq(evtchn_alloc_unbound(alice, 0, &port), -XEN_ENOSPC);
    ck_assert_ptr_nonnull(strstr(bench_log, "all of its 71 ports in use (its configuration's max_event_channels)"));
    while (evtchn_domain_close(alice)) {
    }
    evtchn_domain_free(alice);
    alice->evtchn = saved;
}
END_TEST

START_TEST(alloc_fails_cleanly_without_memory)
{
    evtchn_port_t port;

    for (unsigned int i = 1; i < 64; i++) {
        unbound(alice, 0);
    }
    fake_fail_alloc(1);
    ck_assert_int_eq(evtchn_alloc_unbound(alice, 0, &port), -XEN_ENOMEM);
    ck_assert_uint_eq(unbound(alice, 0), 64);
}
END_TEST

START_TEST(alloc_unbound_for_others_needs_privilege)
{
    struct evtchn_alloc_unbound a = {.dom = 2, .remote_dom = 1};

    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), -XEN_EPERM);
    a.dom = 9;
    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), -XEN_ESRCH);
    bench_become(dom0->vcpus[0]);
    a = (struct evtchn_alloc_unbound){.dom = 1, .remote_dom = DOMID_SELF};
    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), 0);
    ck_assert_uint_eq(a.port, 1);
    ck_assert_int_eq(evtchn_bind_interdomain(dom0, alice, 1, &a.port), 0);
}
END_TEST

START_TEST(bind_interdomain_wants_its_own_offer)
{
    struct evtchn_bind_interdomain b = {.remote_dom = 2, .remote_port = unbound(bob, 0)};

    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL); /* offered to another */
    b.remote_port = 77777;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
    b.remote_port = 0;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
    b.remote_dom = 50;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_ESRCH);
    ck_assert_uint_eq(alice->evtchn.active, 0);
    b = (struct evtchn_bind_interdomain){.remote_dom = 2, .remote_port = unbound(bob, 1)};
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), 0);
    ck_assert_uint_eq(b.local_port, 1);
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL); /* taken */
}
END_TEST

START_TEST(bind_interdomain_makes_the_local_port_pending)
{
    evtchn_port_t alices, bobs;

    connect(&alices, &bobs);
    ck_assert(pending_bit(alice, alices));
    ck_assert(!pending_bit(bob, bobs));
}
END_TEST

START_TEST(loopback_works)
{
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain b = {.remote_dom = DOMID_SELF};

    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), 0);
    b.remote_port = a.port;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), 0);
    ck_assert_int_eq(evtchn_send(alice, b.local_port), 0);
    ck_assert(pending_bit(alice, a.port));
    ck_assert_int_eq(evtchn_close(alice, a.port), 0);
    ck_assert_uint_eq(status_of(alice, b.local_port), EVTCHNSTAT_unbound);
    /* The port that is about to be made must not be its own peer. */
    b.remote_port = a.port;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
}
END_TEST

START_TEST(send_reaches_the_peer)
{
    evtchn_port_t alices, bobs;
    struct vcpu *v = bob->vcpus[0];

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_send(alice, alices), 0);
    ck_assert(pending_bit(bob, bobs));
    ck_assert_uint_eq(v->evtchn.info->evtchn_pending_sel, 1ul << bobs / 64);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_pending, 1);
}
END_TEST

START_TEST(a_masked_port_only_gets_its_bit)
{
    evtchn_port_t alices, bobs;
    struct evtchn_unmask u;
    struct vcpu *v = bob->vcpus[0];

    connect(&alices, &bobs);
    guest_mask(bob, bobs);
    ck_assert_int_eq(evtchn_send(alice, alices), 0);
    ck_assert(pending_bit(bob, bobs));
    ck_assert_uint_eq(v->evtchn.info->evtchn_pending_sel, 0);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_pending, 0);
    bench_become(v);
    u.port = bobs;
    ck_assert_int_eq(op(EVTCHNOP_unmask, &u), 0);
    ck_assert_uint_eq(bob->shared_info->evtchn_mask[0], 0);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_pending, 1);
    u.port = 5000;
    ck_assert_int_eq(op(EVTCHNOP_unmask, &u), -XEN_EINVAL);
}
END_TEST

START_TEST(a_pending_port_is_told_once)
{
    evtchn_port_t alices, bobs;
    struct vcpu *v = bob->vcpus[0];

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_send(alice, alices), 0);
    guest_takes(v); /* but leaves the port pending */
    ck_assert_int_eq(evtchn_send(alice, alices), 0);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_pending, 0);
}
END_TEST

START_TEST(send_on_other_kinds)
{
    evtchn_port_t ipi, virq, free_port = 60;

    ck_assert_int_eq(evtchn_bind_ipi(alice, 1, &ipi), 0);
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 0, &virq), 0);
    ck_assert_int_eq(evtchn_send(alice, ipi), 0);
    ck_assert_uint_eq(alice->vcpus[1]->evtchn.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(alice->vcpus[0]->evtchn.info->evtchn_upcall_pending, 0);
    ck_assert_int_eq(evtchn_send(alice, virq), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_send(alice, free_port), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_send(alice, 0), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_send(alice, UINT32_MAX), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_send(alice, unbound(alice, 2)), 0); /* silently */
}
END_TEST

START_TEST(virqs_bind_once_each_vcpu)
{
    struct evtchn_bind_virq b = {.virq = VIRQ_TIMER, .vcpu = 1};

    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), 0);
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), -XEN_EEXIST);
    b.vcpu = 2;
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), 0);
    b.vcpu = 3;
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), -XEN_ENOENT);
    b = (struct evtchn_bind_virq){.virq = NR_VIRQS, .vcpu = 0};
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), -XEN_EINVAL);
    b = (struct evtchn_bind_virq){.virq = VIRQ_DOM_EXC, .vcpu = 1};
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), -XEN_EINVAL); /* global: vCPU 0 only */
    b.vcpu = 0;
    ck_assert_int_eq(op(EVTCHNOP_bind_virq, &b), 0);
}
END_TEST

START_TEST(virqs_arrive)
{
    evtchn_port_t timer, global;

    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 2, &timer), 0);
    evtchn_send_virq(alice->vcpus[2], VIRQ_TIMER);
    evtchn_send_virq(alice->vcpus[1], VIRQ_TIMER); /* bound to nothing */
    ck_assert(pending_bit(alice, timer));
    ck_assert_uint_eq(alice->vcpus[2]->evtchn.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(alice->vcpus[1]->evtchn.info->evtchn_upcall_pending, 0);

    evtchn_send_global_virq(VIRQ_CONSOLE);
    ck_assert_int_eq(evtchn_bind_virq(dom0, VIRQ_CONSOLE, 0, &global), 0);
    ck_assert_int_eq(evtchn_bind_vcpu(dom0, global, 1), 0);
    evtchn_send_global_virq(VIRQ_CONSOLE);
    ck_assert(pending_bit(dom0, global));
    ck_assert_uint_eq(dom0->vcpus[1]->evtchn.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(dom0->vcpus[0]->evtchn.info->evtchn_upcall_pending, 0);
    /* Closed by its port though it was moved, so that it can be bound again. */
    ck_assert_int_eq(evtchn_close(dom0, global), 0);
    ck_assert_int_eq(evtchn_bind_virq(dom0, VIRQ_CONSOLE, 0, &global), 0);
}
END_TEST

START_TEST(bind_vcpu_moves_what_may_move)
{
    struct evtchn_bind_vcpu b = {.vcpu = 1};
    evtchn_port_t ipi, timer, alices, bobs;

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &ipi), 0);
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 0, &timer), 0);
    b.port = alices;
    ck_assert_int_eq(op(EVTCHNOP_bind_vcpu, &b), 0);
    b.port = ipi;
    ck_assert_int_eq(op(EVTCHNOP_bind_vcpu, &b), -XEN_EINVAL);
    b.port = timer;
    ck_assert_int_eq(op(EVTCHNOP_bind_vcpu, &b), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_bind_vcpu(alice, 63, 1), -XEN_EINVAL);
    b = (struct evtchn_bind_vcpu){.port = alices, .vcpu = 3};
    ck_assert_int_eq(op(EVTCHNOP_bind_vcpu, &b), -XEN_ENOENT);
    ck_assert_int_eq(evtchn_send(bob, bobs), 0);
    guest_takes(alice->vcpus[1]);
    alice->shared_info->evtchn_pending[0] = 0;
    ck_assert_int_eq(evtchn_send(bob, bobs), 0);
    ck_assert_uint_eq(alice->vcpus[1]->evtchn.info->evtchn_upcall_pending, 1);
    /* A port that is used again belongs to vCPU 0 again. */
    ck_assert_int_eq(evtchn_close(alice, alices), 0);
    ck_assert_uint_eq(unbound(alice, 0), alices);
    ck_assert_uint_eq(evtchn_lookup(alice, alices)->vcpu, 0);
}
END_TEST

START_TEST(close_leaves_the_peer_unbound)
{
    evtchn_port_t alices, bobs, again;
    struct evtchn_status status;

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_send(bob, bobs), 0);
    ck_assert_int_eq(evtchn_close(alice, alices), 0);
    ck_assert(!pending_bit(alice, alices)); /* a port starts clean */
    ck_assert_int_eq(evtchn_get_status(bob, bobs, &status), 0);
    ck_assert_uint_eq(status.status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(status.u.unbound.dom, alice->id);
    ck_assert_uint_eq(status_of(alice, alices), EVTCHNSTAT_closed);
    ck_assert_int_eq(evtchn_send(bob, bobs), 0);
    ck_assert_int_eq(evtchn_bind_interdomain(alice, bob, bobs, &again), 0);
    ck_assert_int_eq(evtchn_close(alice, 0), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_close(alice, 63), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_close(alice, 64), -XEN_EINVAL);
}
END_TEST

START_TEST(status_tells_all_kinds)
{
    struct evtchn_status s = {.dom = DOMID_SELF};
    evtchn_port_t alices, bobs, virq, ipi, pirq;

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_DEBUG, 1, &virq), 0);
    ck_assert_int_eq(evtchn_bind_ipi(alice, 2, &ipi), 0);
    ck_assert_int_eq(evtchn_bind_pirq(alice, 9, true, &pirq), 0);
    s.port = alices;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(s.u.interdomain.dom, 2);
    ck_assert_uint_eq(s.u.interdomain.port, bobs);
    s.port = virq;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_virq);
    ck_assert_uint_eq(s.u.virq, VIRQ_DEBUG);
    ck_assert_uint_eq(s.vcpu, 1);
    s.port = ipi;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_ipi);
    ck_assert_uint_eq(s.vcpu, 2);
    s.port = pirq;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_pirq);
    ck_assert_uint_eq(s.u.pirq, 9);
    s.port = 0;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_closed);
    s.port = 4096;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), -XEN_EINVAL);
    s = (struct evtchn_status){.dom = 2, .port = bobs};
    ck_assert_int_eq(op(EVTCHNOP_status, &s), -XEN_EPERM);
    s.dom = 40;
    ck_assert_int_eq(op(EVTCHNOP_status, &s), -XEN_ESRCH);
}
END_TEST

START_TEST(pirqs_bind_once_and_arrive)
{
    evtchn_port_t port, other;

    ck_assert_int_eq(evtchn_bind_pirq(alice, EVTCHN_PIRQS_MAX, false, &port), -XEN_EINVAL);
    bench_pirq_answer = -XEN_EPERM;
    ck_assert_int_eq(evtchn_bind_pirq(alice, 5, false, &port), -XEN_EPERM);
    ck_assert_uint_eq(alice->evtchn.active, 0);
    bench_pirq_answer = 0;
    ck_assert_int_eq(evtchn_bind_pirq(alice, 5, false, &port), 0);
    ck_assert_int_eq(evtchn_bind_pirq(alice, 5, false, &other), -XEN_EEXIST);
    ck_assert_uint_eq(bench_pirq_bound, 5);
    evtchn_send_pirq(alice, 6);
    ck_assert(!pending_bit(alice, port));
    evtchn_send_pirq(alice, 5);
    ck_assert(pending_bit(alice, port));
    ck_assert(evtchn_bind_vcpu(alice, port, 1) == 0 && bench_pirq_cpu == alice->vcpus[1]->sched.cpu);
    ck_assert_int_eq(evtchn_close(alice, port), 0);
    ck_assert_uint_eq(bench_pirq_bound, UINT32_MAX);
    evtchn_send_pirq(alice, 5);
    evtchn_send_pirq(bob, 5);
    ck_assert(!pending_bit(alice, port));
}
END_TEST

START_TEST(old_form_has_the_old_commands)
{
    struct evtchn_op o = {.cmd = EVTCHNOP_bind_ipi, .u.bind_ipi.vcpu = 1};
    struct hypercall_args args = {{(uint64_t)(uintptr_t)&o}};

    ck_assert_int_eq(hypercall_event_channel_op_compat(&args), 0);
    ck_assert_uint_eq(o.u.bind_ipi.port, 1);
    o.cmd = EVTCHNOP_reset;
    ck_assert_int_eq(hypercall_event_channel_op_compat(&args), -XEN_ENOSYS);
    fake_fail_copy(1);
    ck_assert_int_eq(hypercall_event_channel_op_compat(&args), -XEN_EFAULT);
}
END_TEST

START_TEST(bad_pointers_and_commands)
{
    evtchn_port_t port;

    for (unsigned int command = 0; command <= 14; command++) {
        ck_assert_int_eq(op(command, NULL), -XEN_EFAULT);
    }
    ck_assert_int_eq(op(15, &port), -XEN_ENOSYS);
    ck_assert_int_eq(op(UINT32_MAX, &port), -XEN_ENOSYS);
    ck_assert_uint_eq(alice->evtchn.active, 0);
}
END_TEST

START_TEST(reset_closes_everything)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    evtchn_port_t alices, bobs, port;

    connect(&alices, &bobs);
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_TIMER, 1, &port), 0);
    ck_assert_int_eq(evtchn_bind_pirq(alice, 3, false, &port), 0);
    for (unsigned int i = 0; i < 300; i++) {
        unbound(alice, 0);
    }
    fake_preempt_every(1);
    ck_assert_int_eq(op(EVTCHNOP_reset, &r), 0);
    ck_assert_uint_eq(alice->evtchn.active, 0);
    ck_assert_uint_eq(bench_pirq_bound, UINT32_MAX);
    ck_assert_uint_eq(status_of(bob, bobs), EVTCHNSTAT_unbound);
    ck_assert_uint_eq(alice->vcpus[1]->evtchn.virq_port[VIRQ_TIMER], 0);
    ck_assert_uint_eq(unbound(alice, 0), 1);
}
END_TEST

/* One reset at a time: another one, or one that would go on where none is, is refused. */
START_TEST(resets_do_not_overlap)
{
    for (unsigned int i = 0; i < 300; i++) {
        unbound(alice, 0);
    }
    ck_assert_int_eq(evtchn_reset(alice, true), -XEN_EBUSY);
    fake_preempt_every(1);
    ck_assert_int_eq(evtchn_reset(alice, false), -XEN_ERESTART);
    ck_assert_int_eq(evtchn_reset(alice, false), -XEN_EBUSY);
    fake_preempt_every(0);
    ck_assert_int_eq(evtchn_reset(alice, true), 0);
    ck_assert_uint_eq(alice->evtchn.active, 0);
    ck_assert_int_eq(evtchn_reset(alice, true), -XEN_EBUSY);
}
END_TEST

START_TEST(reset_of_others)
{
    struct evtchn_reset r = {.dom = 2};

    ck_assert_int_eq(op(EVTCHNOP_reset, &r), -XEN_EPERM);
    bench_become(dom0->vcpus[0]);
    ck_assert_int_eq(op(EVTCHNOP_reset, &r), -XEN_EINVAL); /* not paused */
    bob->toolstack_pauses = 1;
    unbound(bob, 0);
    ck_assert_int_eq(op(EVTCHNOP_reset, &r), 0);
    ck_assert_uint_eq(bob->evtchn.active, 0);
    r.dom = 33;
    ck_assert_int_eq(op(EVTCHNOP_reset, &r), -XEN_ESRCH);
}
END_TEST

START_TEST(a_dying_domain_gets_no_ports)
{
    evtchn_port_t port, bobs = unbound(bob, alice->id);

    bob->life = DOMAIN_DYING;
    ck_assert_int_eq(evtchn_alloc_unbound(bob, 1, &port), -XEN_EINVAL);
    ck_assert_int_eq(evtchn_domain_close(bob), 0);
    ck_assert_int_eq(evtchn_bind_interdomain(alice, bob, bobs, &port), -XEN_EINVAL);
}
END_TEST

TCase *evtchn_two_level_tests(void)
{
    TCase *t = tcase_create("2-level");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ports_are_given_lowest_first);
    tcase_add_test(t, two_level_has_4096_ports);
    tcase_add_test(t, toolstack_limits_ports);
    tcase_add_test(t, alloc_fails_cleanly_without_memory);
    tcase_add_test(t, alloc_unbound_for_others_needs_privilege);
    tcase_add_test(t, bind_interdomain_wants_its_own_offer);
    tcase_add_test(t, bind_interdomain_makes_the_local_port_pending);
    tcase_add_test(t, loopback_works);
    tcase_add_test(t, send_reaches_the_peer);
    tcase_add_test(t, a_masked_port_only_gets_its_bit);
    tcase_add_test(t, a_pending_port_is_told_once);
    tcase_add_test(t, send_on_other_kinds);
    tcase_add_test(t, virqs_bind_once_each_vcpu);
    tcase_add_test(t, virqs_arrive);
    tcase_add_test(t, bind_vcpu_moves_what_may_move);
    tcase_add_test(t, close_leaves_the_peer_unbound);
    tcase_add_test(t, status_tells_all_kinds);
    tcase_add_test(t, pirqs_bind_once_and_arrive);
    tcase_add_test(t, old_form_has_the_old_commands);
    tcase_add_test(t, bad_pointers_and_commands);
    tcase_add_test(t, reset_closes_everything);
    tcase_add_test(t, resets_do_not_overlap);
    tcase_add_test(t, reset_of_others);
    tcase_add_test(t, a_dying_domain_gets_no_ports);
    return t;
}
