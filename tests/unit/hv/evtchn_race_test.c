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

/* The same on FIFO, where the guest also keeps changing words and control blocks. */

#define WORD_PAGES 2u

static event_word_t *words[2][WORD_PAGES];
static struct evtchn_fifo_control_block *controls[2];

static void give_fifo(struct domain *d, unsigned int side)
{
    mfn_t control = bench_frame(d);

    controls[side] = bench_frame_content(control);
    for (uint32_t i = 0; i < d->vcpu_count; i++) {
        ck_assert_int_eq(evtchn_fifo_init_control(d, i, control, i * 128), 0);
    }
    for (unsigned int i = 0; i < WORD_PAGES; i++) {
        mfn_t frame = bench_frame(d);

        words[side][i] = bench_frame_content(frame);
        ck_assert_int_eq(evtchn_fifo_expand_array(d, frame), 0);
    }
}

/* What a broken or hostile guest does to the pages that it shares. */
static void scribble(unsigned int *seed, unsigned int side)
{
    uint32_t *word = &words[side][rand_r(seed) % WORD_PAGES][rand_r(seed) % PORTS];

    if (rand_r(seed) % 4) {
        port_and_u32(word, (uint32_t)rand_r(seed) << 1 ^ (uint32_t)rand_r(seed));
    } else {
        port_or_u32(word, (uint32_t)rand_r(seed) << 1 ^ (uint32_t)rand_r(seed));
    }
    port_write_u32(&controls[side]->ready, 0);
    port_write_u32(&controls[side]->head[7], (uint32_t)rand_r(seed));
}

static void *fifo_storm(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument, seed = cpu + 77;
    struct domain *mine = cpu % 2 ? bob : alice, *other = cpu % 2 ? alice : bob;

    fake_become_cpu(cpu);
    bench_become(mine->vcpus[cpu]);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        evtchn_port_t port = (evtchn_port_t)rand_r(&seed) % PORTS;
        int ignored = evtchn_set_priority(mine, port, (uint32_t)rand_r(&seed) % 17);

        (void)ignored;
        anything(&seed, mine, other);
        scribble(&seed, cpu % 2);
    }
    bench_become(domain_idle->vcpus[cpu]);
    return NULL;
}

START_TEST(a_hostile_fifo_storm_leaves_order)
{
    start();
    give_fifo(alice, 0);
    give_fifo(bob, 1);
    run_threads(fifo_storm);
    check_ports(alice);
    check_ports(bob);
    bench_end();
}
END_TEST

static mfn_t reset_frames[2][2];

static void change_abi(unsigned int *seed, unsigned int cpu, struct domain *mine)
{
    int ignored;

    switch (rand_r(seed) % 3) {
    case 0:
        ignored = evtchn_reset(mine, false);
        break;
    case 1:
        ignored = evtchn_fifo_init_control(mine, cpu, reset_frames[cpu % 2][0], cpu * 128);
        break;
    default:
        ignored = evtchn_fifo_expand_array(mine, reset_frames[cpu % 2][1]);
    }
    (void)ignored;
}

static void *reset_storm(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument, seed = cpu + 99;
    struct domain *mine = cpu % 2 ? bob : alice, *other = cpu % 2 ? alice : bob;

    fake_become_cpu(cpu);
    bench_become(mine->vcpus[cpu]);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        if (rand_r(&seed) % 8 == 0) {
            change_abi(&seed, cpu, mine);
        } else {
            anything(&seed, mine, other);
        }
    }
    bench_become(domain_idle->vcpus[cpu]);
    return NULL;
}

/* XSA-343, XSA-358, XSA-505: resets and changes of ABI against everything else. */
START_TEST(resets_race_with_changes_of_abi)
{
    start();
    for (unsigned int side = 0; side < 2; side++) {
        reset_frames[side][0] = bench_frame(side ? bob : alice);
        reset_frames[side][1] = bench_frame(side ? bob : alice);
    }
    run_threads(reset_storm);
    check_ports(alice);
    check_ports(bob);
    bench_end();
}
END_TEST

/* A ping-pong: vCPU 0 of each domain blocks until the other's event; the CPUs switch as they like. */

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

/* CPUs schedule while vCPUs are paused, woken and moved under them. */

static uint32_t turns[2][3];

static void sched_action(unsigned int *seed, struct vcpu *v)
{
    switch (rand_r(seed) % 6) {
    case 0:
        if (v != port_current()) {
            sched_pause_set(v, SCHED_PAUSE_DOWN);
            sched_pause_clear(v, SCHED_PAUSE_DOWN);
        }
        break;
    case 1:
        sched_wake(v);
        break;
    case 2:
        if (sched_set_affinity(v, (struct cpumask){1 + (uint64_t)rand_r(seed) % 7}, cpumask_first_n(THREADS))) {
            fake_fail("an affinity with a CPU that is up was refused");
        }
        break;
    case 3:
        sched_yield_current();
        break;
    default:
        evtchn_mark_upcall(v);
    }
}

static void *sched_storm(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument, seed = cpu + 5;

    fake_become_cpu(cpu);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        struct domain *d = rand_r(&seed) % 2 ? alice : bob;
        struct vcpu *v;

        if (fake_reschedules(cpu) || port_current()->is_idle) {
            sched_run();
        }
        v = port_current();
        if (!v->is_idle) {
            if (v->sched.cpu != cpu || !v->sched.running) {
                fake_fail("a vCPU runs on CPU %u that belongs to CPU %u", cpu, v->sched.cpu);
            }
            port_add_u32(&turns[v->domain == bob][v->id], 1);
            port_write_u8(&v->evtchn.info->evtchn_upcall_pending, 0);
            if (rand_r(&seed) % 8 == 0) {
                sched_block_current();
            }
        }
        sched_action(&seed, d->vcpus[rand_r(&seed) % 3]);
    }
    return NULL;
}

START_TEST(every_vcpu_is_on_one_cpu_and_none_is_forgotten)
{
    struct vcpu *v;

    start();
    bench_domain_up(alice);
    bench_domain_up(bob);
    run_threads(sched_storm);
    fake_threads = false;
    for (unsigned int i = 0; i < 6; i++) {
        v = (i < 3 ? alice : bob)->vcpus[i % 3];
        ck_assert_uint_gt(turns[i / 3][i % 3], 0);
        sched_wake(v);
        turns[i / 3][i % 3] = 0;
    }
    /* All want to run for ever now: each gets its turn. */
    bench_run(1000 * TIMER_NS_PER_MS);
    for (unsigned int i = 0; i < 6; i++) {
        struct vcpu_runstate_info info;

        v = (i < 3 ? alice : bob)->vcpus[i % 3];
        sched_runstate_get(v, &info);
        ck_assert_uint_gt(info.time[RUNSTATE_running], 50 * TIMER_NS_PER_MS);
    }
    bench_end();
}
END_TEST

TCase *evtchn_race_tests(void)
{
    TCase *t = tcase_create("races");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_storm_leaves_order);
    tcase_add_test(t, a_hostile_fifo_storm_leaves_order);
    tcase_add_test(t, resets_race_with_changes_of_abi);
    tcase_add_test(t, no_wake_is_lost);
    tcase_add_test(t, every_vcpu_is_on_one_cpu_and_none_is_forgotten);
    return t;
}
