/* SPDX-License-Identifier: MIT */
/*
 * Threads as CPUs: vCPUs of two domains bind, send, close, move, poll and reset at once, on 2-level and FIFO,
 * while CPUs schedule them. What is looked for: deadlocks, memory errors (the sanitizers), and events or
 * wakes that get lost.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/evtchn_port.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "fake_internal.h"
#include "port/cpu.h"

#define THREADS 3u
#define ROUNDS 6000u
#define PORTS 12u
#define PINGS 1500u

static struct domain *alice, *bob;
static uint32_t stop;

static void start(void)
{
    bench_start(THREADS, "fair");
    fake_threads = true;
    alice = bench_domain(1, 3);
    bob = bench_domain(2, 3);
    bench_quiet(alice);
    bench_quiet(bob);
    stop = 0;
}

/* A random operation of the running vCPU; errors are allowed, their meaning is the other tests' matter. */
static void anything(unsigned int *seed, struct domain *mine, struct domain *other)
{
    evtchn_port_t port = (evtchn_port_t)rand_r(seed) % PORTS, made;
    int ret = 0;

    switch (rand_r(seed) % 9) {
    case 0:
        ret = evtchn_alloc_unbound(mine, rand_r(seed) % 4 ? other->id : mine->id, &made);
        break;
    case 1:
        ret = evtchn_bind_interdomain(mine, rand_r(seed) % 4 ? other : mine, port, &made);
        break;
    case 2:
        ret = evtchn_bind_ipi(mine, port % 3, &made);
        break;
    case 3:
        ret = evtchn_bind_virq(mine, VIRQ_TIMER, port % 3, &made);
        break;
    case 4:
    case 5:
        ret = evtchn_close(mine, port);
        break;
    case 6:
        ret = evtchn_bind_vcpu(mine, port, port % 3);
        evtchn_send_virq(mine->vcpus[port % 3], VIRQ_TIMER);
        break;
    case 7:
        ret = evtchn_unmask(mine, port);
        break;
    default:
        for (unsigned int i = 0; i < 4; i++) {
            ret = evtchn_send(mine, (evtchn_port_t)rand_r(seed) % PORTS);
        }
    }
    (void)ret;
}

static void *storm(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument, seed = cpu + 1;
    struct domain *mine = cpu % 2 ? bob : alice, *other = cpu % 2 ? alice : bob;

    fake_become_cpu(cpu);
    bench_become(mine->vcpus[cpu]);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        anything(&seed, mine, other);
        if (rand_r(&seed) % 100 == 0) {
            int ret = evtchn_reset(mine, rand_r(&seed) % 2);

            (void)ret;
        }
    }
    bench_become(domain_idle->vcpus[cpu]);
    return NULL;
}

/* Every connected port must be its peer's peer, and the count of ports right. */
static void check_ports(struct domain *d)
{
    uint32_t active = 0;

    for (uint32_t i = 1; i < d->evtchn.valid_ports; i++) {
        struct evtchn *port = evtchn_lookup(d, i);

        active += port->state != EVTCHN_FREE;
        ck_assert_uint_ne(port->state, EVTCHN_RESERVED);
        if (port->state == EVTCHN_INTERDOMAIN) {
            struct evtchn *peer = evtchn_lookup(port->u.peer.domain, port->u.peer.port);

            ck_assert_uint_eq(peer->state, EVTCHN_INTERDOMAIN);
            ck_assert_ptr_eq(peer->u.peer.domain, d);
            ck_assert_uint_eq(peer->u.peer.port, i);
        }
        if (port->state == EVTCHN_VIRQ) {
            ck_assert_uint_eq(d->vcpus[port->vcpu]->evtchn.virq_port[port->u.virq], i);
        }
    }
    ck_assert_uint_eq(d->evtchn.active, active);
}

static void run_threads(void *(*function)(void *))
{
    pthread_t threads[THREADS];

    for (unsigned int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, function, (void *)(uintptr_t)i), 0);
    }
    for (unsigned int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
}

START_TEST(a_storm_leaves_order)
{
    start();
    run_threads(storm);
    check_ports(alice);
    check_ports(bob);
    bench_end();
}
END_TEST

/*
 * ---- a ping-pong: vCPU 0 of each domain blocks until the other's event; the CPUs switch as they like ----
 */

static evtchn_port_t ping[2];
static uint32_t pings[2];

static void take_event(struct vcpu *v, unsigned int side, evtchn_port_t port)
{
    uint64_t *pending = &v->domain->shared_info->evtchn_pending[0];

    port_write_u8(&v->evtchn.info->evtchn_upcall_pending, 0);
    port_write_u64(&v->evtchn.info->evtchn_pending_sel, 0);
    if (port_bit_test_and_clear(pending, port)) {
        pings[side]++;
        if (evtchn_send(v->domain, port)) {
            fake_fail("a bound port that cannot be sent on");
        }
    }
}

/* What a guest does each time that it runs: takes its event, answers, and blocks. */
static void guest_turn(struct vcpu *v)
{
    unsigned int side = v->domain == bob;

    if (evtchn_upcall_pending(&v->evtchn)) {
        take_event(v, side, ping[side]);
    }
    if (pings[side] >= PINGS) {
        port_write_u32(&stop, 1);
    }
    sched_block_current();
}

static void *cpu_loop(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument;
    uint64_t idle_turns = 0;

    fake_become_cpu(cpu);
    while (!port_read_u32(&stop)) {
        if (fake_reschedules(cpu) || port_current()->is_idle) {
            sched_run();
        }
        if (port_current()->is_idle) {
            if (++idle_turns > 20000000) {
                fake_fail("the ping was lost: %u and %u", pings[0], pings[1]);
            }
            sched_yield();
        } else {
            idle_turns = 0;
            guest_turn(port_current());
        }
    }
    /* Away from the CPU, as the end of the test wants it. */
    return NULL;
}

START_TEST(no_wake_is_lost)
{
    start();
    ping[1] = 1;
    ck_assert_int_eq(evtchn_alloc_unbound(bob, alice->id, &ping[1]), 0);
    ck_assert_int_eq(evtchn_bind_interdomain(alice, bob, ping[1], &ping[0]), 0);
    sched_pause_clear(alice->vcpus[0], SCHED_PAUSE_DOWN);
    sched_pause_clear(bob->vcpus[0], SCHED_PAUSE_DOWN);
    run_threads(cpu_loop);
    ck_assert_uint_ge(MAX(pings[0], pings[1]), PINGS);
    bench_end();
}
END_TEST

TCase *evtchn_race_tests(void)
{
    TCase *t = tcase_create("races");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_storm_leaves_order);
    tcase_add_test(t, no_wake_is_lost);
    return t;
}
