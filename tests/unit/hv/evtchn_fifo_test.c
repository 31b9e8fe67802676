/* SPDX-License-Identifier: MIT */
/* The FIFO ABI of event channels, with a guest that consumes its queues as the ABI says. */
#include <check.h>
#include <string.h>

#include "core/evtchn_port.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "port/cpu.h"

#define BIT(n) (1u << (n))
#define PAGE_WORDS 1024u

static struct domain *alice, *bob;
static event_word_t *words[4];
static struct evtchn_fifo_control_block *control[2];
static uint32_t head[2][EVTCHN_FIFO_MAX_QUEUES]; /* the guest's own, as Linux keeps them */

static int64_t op(unsigned int command, void *argument)
{
    return bench_hypercall(hypercall_event_channel_op, command, argument, 0);
}

static int64_t init_control(uint32_t vcpu, mfn_t frame, uint32_t offset)
{
    struct evtchn_init_control i = {.control_gfn = frame.n, .offset = offset, .vcpu = vcpu};
    int64_t ret = op(EVTCHNOP_init_control, &i);

    if (!ret) {
        ck_assert_uint_eq(i.link_bits, EVTCHN_FIFO_LINK_BITS);
    }
    return ret;
}

static int64_t expand(mfn_t frame)
{
    struct evtchn_expand_array e = {.array_gfn = frame.n};

    return op(EVTCHNOP_expand_array, &e);
}

static void add_words(unsigned int page)
{
    mfn_t frame = bench_frame(alice);

    words[page] = bench_frame_content(frame);
    ck_assert_int_eq(expand(frame), 0);
}

static event_word_t *word(evtchn_port_t port)
{
    return &words[port / PAGE_WORDS][port % PAGE_WORDS];
}

/* Takes the next pending port from the highest ready queue of a vCPU, as a guest does; 0: nothing. */
static evtchn_port_t consume(unsigned int vcpu)
{
    struct evtchn_fifo_control_block *c = control[vcpu];

    for (unsigned int priority = 0; priority < EVTCHN_FIFO_MAX_QUEUES; priority++) {
        while (head[vcpu][priority] || (c->ready & BIT(priority))) {
            evtchn_port_t port = head[vcpu][priority];
            event_word_t w;

            if (port == 0) {
                c->ready &= ~BIT(priority);
                port = c->head[priority];
            }
            w = *word(port);
            head[vcpu][priority] = w & EVTCHN_FIFO_LINK_MASK;
            *word(port) = w & ~(BIT(EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);
            if ((w & BIT(EVTCHN_FIFO_PENDING)) && !(w & BIT(EVTCHN_FIFO_MASKED))) {
                *word(port) &= ~BIT(EVTCHN_FIFO_PENDING);
                return port;
            }
        }
    }
    return 0;
}

static evtchn_port_t ipi(uint32_t vcpu)
{
    evtchn_port_t port = 0;

    ck_assert_int_eq(evtchn_bind_ipi(alice, vcpu, &port), 0);
    return port;
}

static void send(evtchn_port_t port)
{
    ck_assert_int_eq(evtchn_send(alice, port), 0);
}

static void set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority s = {port, priority};

    ck_assert_int_eq(op(EVTCHNOP_set_priority, &s), 0);
}

static void start_fifo(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        mfn_t frame = bench_frame(alice);

        control[i] = (void *)((char *)bench_frame_content(frame) + 8);
        ck_assert_int_eq(init_control(i, frame, 8), 0);
    }
}

static void setup(void)
{
    bench_start(2, "fair");
    alice = bench_domain(1, 2);
    bob = bench_domain(2, 1);
    bench_become(alice->vcpus[0]);
    memset(head, 0, sizeof(head));
}

static void teardown(void)
{
    bench_end();
}

START_TEST(init_control_checks)
{
    mfn_t frame = bench_frame(alice), foreign = bench_frame(bob);

    ck_assert_int_eq(expand(frame), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(init_control(2, frame, 0), -XEN_ENOENT);
    ck_assert_int_eq(init_control(0, frame, 4), -XEN_EINVAL);
    ck_assert_int_eq(init_control(0, frame, PAGE_SIZE - 64), -XEN_EINVAL);
    ck_assert_int_eq(init_control(0, frame, UINT32_MAX - 7), -XEN_EINVAL);
    ck_assert_int_eq(init_control(0, foreign, 0), -XEN_EINVAL);
    ck_assert_ptr_null(alice->evtchn.fifo);
    ck_assert_int_eq(init_control(0, frame, PAGE_SIZE - 72), 0);
    ck_assert_int_eq(init_control(0, frame, 0), -XEN_EINVAL); /* has one */
    ck_assert_int_eq(init_control(1, foreign, 0), -XEN_EINVAL);
    ck_assert_int_eq(init_control(1, frame, 0), 0);
    ck_assert_int_eq(expand(foreign), -XEN_EINVAL);
}
END_TEST

START_TEST(init_control_without_memory_changes_nothing)
{
    mfn_t frame = bench_frame(alice);
    int64_t ret = -XEN_ENOMEM;

    for (unsigned int n = 1; ret; n++) {
        fake_fail_alloc(n);
        ret = init_control(0, frame, 0);
        fake_fail_alloc(0);
        if (ret) {
            ck_assert_int_eq(ret, -XEN_ENOMEM);
            ck_assert_ptr_null(alice->evtchn.fifo);
            ck_assert_ptr_null(alice->vcpus[1]->evtchn.fifo);
        }
    }
}
END_TEST

START_TEST(events_queue_in_order)
{
    evtchn_port_t a, b, c;

    start_fifo();
    add_words(0);
    a = ipi(0), b = ipi(0), c = ipi(0);
    send(b);
    ck_assert_uint_eq(alice->vcpus[0]->evtchn.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(control[0]->ready, BIT(EVTCHN_FIFO_PRIORITY_DEFAULT));
    send(a);
    send(c);
    send(b); /* is pending already */
    ck_assert_uint_eq(consume(0), b);
    ck_assert_uint_eq(consume(0), a);
    send(b); /* goes to the end again */
    ck_assert_uint_eq(consume(0), c);
    ck_assert_uint_eq(consume(0), b);
    ck_assert_uint_eq(consume(0), 0);
    send(b); /* the tail that was taken */
    ck_assert_uint_eq(consume(0), b);
    ck_assert_uint_eq(consume(0), 0);
}
END_TEST

START_TEST(priorities_come_first)
{
    struct evtchn_set_priority s;
    evtchn_port_t low, high, plain;

    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &plain), 0);
    s = (struct evtchn_set_priority){plain, 1};
    ck_assert_int_eq(op(EVTCHNOP_set_priority, &s), -XEN_ENOSYS); /* 2-level has none */
    start_fifo();
    add_words(0);
    low = ipi(0), high = ipi(0);
    set_priority(low, EVTCHN_FIFO_PRIORITY_MIN);
    set_priority(high, EVTCHN_FIFO_PRIORITY_MAX);
    send(low);
    send(plain);
    send(high);
    ck_assert_uint_eq(consume(0), high);
    ck_assert_uint_eq(consume(0), plain);
    ck_assert_uint_eq(consume(0), low);
    s = (struct evtchn_set_priority){low, 16};
    ck_assert_int_eq(op(EVTCHNOP_set_priority, &s), -XEN_EINVAL);
    s.port = 4000;
    ck_assert_int_eq(op(EVTCHNOP_set_priority, &s), -XEN_EINVAL);
}
END_TEST

START_TEST(a_port_moves_between_queues)
{
    evtchn_port_t a, b;
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain i = {.remote_dom = DOMID_SELF};
    struct evtchn_bind_vcpu m;

    start_fifo();
    add_words(0);
    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &u), 0);
    i.remote_port = u.port;
    ck_assert_int_eq(op(EVTCHNOP_bind_interdomain, &i), 0);
    ck_assert_uint_eq(consume(0), i.local_port);
    a = i.local_port;
    b = u.port;
    send(b);
    /* Linked in the old queue: stays there until it is taken. */
    m = (struct evtchn_bind_vcpu){a, 1};
    ck_assert_int_eq(op(EVTCHNOP_bind_vcpu, &m), 0);
    set_priority(a, 2);
    ck_assert_uint_eq(consume(0), a);
    send(b);
    ck_assert_uint_eq(consume(0), 0);
    ck_assert_uint_eq(control[1]->ready, BIT(2));
    ck_assert_uint_eq(consume(1), a);
    /* It was the old queue's tail; that queue works on. */
    ck_assert_int_eq(evtchn_bind_ipi(alice, 0, &b), 0);
    send(b);
    ck_assert_uint_eq(consume(0), b);
}
END_TEST

START_TEST(masked_ports_wait_for_unmask)
{
    struct evtchn_unmask u;
    evtchn_port_t a;

    start_fifo();
    add_words(0);
    u.port = a = ipi(0);
    *word(a) |= BIT(EVTCHN_FIFO_MASKED);
    send(a);
    ck_assert_uint_eq(*word(a), BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_PENDING));
    ck_assert_uint_eq(alice->vcpus[0]->evtchn.info->evtchn_upcall_pending, 0);
    ck_assert_int_eq(evtchn_port_pending(alice, a), 1);
    ck_assert_int_eq(op(EVTCHNOP_unmask, &u), 0);
    ck_assert_uint_eq(consume(0), a);
    ck_assert_int_eq(op(EVTCHNOP_unmask, &u), 0);
    ck_assert_uint_eq(consume(0), 0);
}
END_TEST

START_TEST(bound_ports_move_over)
{
    evtchn_port_t a = ipi(0), b = ipi(0), c;

    send(a);
    start_fifo();
    ck_assert_uint_eq(consume(0), 0); /* no word yet */
    send(b);
    c = ipi(1);
    add_words(0);
    ck_assert_uint_eq(consume(0), a);
    ck_assert_uint_eq(consume(0), b);
    ck_assert_uint_eq(consume(0), 0);
    ck_assert_uint_eq(consume(1), 0);
    send(c);
    ck_assert_uint_eq(consume(1), c);
}
END_TEST

/* FIFO with so many ports, and words for them. */
static void more_ports(unsigned int count)
{
    start_fifo();
    for (unsigned int i = 1; i < count; i++) {
        ck_assert_uint_eq(ipi(0), i);
    }
    for (unsigned int i = 0; i < 4; i++) {
        add_words(i);
    }
}

START_TEST(a_linked_port_is_not_used_again)
{
    evtchn_port_t a, b;

    start_fifo();
    add_words(0);
    a = ipi(0);
    send(a);
    ck_assert_int_eq(evtchn_close(alice, a), 0);
    ck_assert_uint_eq(*word(a) & BIT(EVTCHN_FIFO_PENDING), 0);
    b = ipi(0);
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(consume(0), 0); /* takes it out */
    ck_assert_uint_eq(ipi(0), a);
}
END_TEST

START_TEST(more_ports_than_2_level)
{
    evtchn_port_t port;

    start_fifo();
    for (unsigned int i = 1; i <= EVTCHN_2L_NR_CHANNELS + 10; i++) {
        ck_assert_uint_eq(ipi(0), i);
    }
    for (unsigned int i = 0; i < 128; i++) {
        mfn_t frame = bench_frame(alice);

        if (i < 4) {
            words[i] = bench_frame_content(frame);
        }
        ck_assert_int_eq(expand(frame), 0);
    }
    ck_assert_int_eq(expand(bench_frame(alice)), -XEN_ENOSPC);
    port = 4095;
    send(port);
    ck_assert_uint_eq(consume(0), port);
}
END_TEST

/* A guest keeps all its free ports linked: the search for one does not hold the CPU until its end, and ends. */
START_TEST(the_search_for_a_port_is_interrupted)
{
    unsigned int restarts = 0;
    evtchn_port_t port;
    int ret;

    more_ports(4 * PAGE_WORDS);
    for (unsigned int i = 1; i < 4 * PAGE_WORDS; i++) {
        port_or_u32(word(i), BIT(EVTCHN_FIFO_LINKED));
        ck_assert_int_eq(evtchn_close(alice, i), 0);
    }
    alice->evtchn.port_limit = alice->evtchn.valid_ports;
    while ((ret = evtchn_bind_ipi(alice, 0, &port)) == -XEN_ERESTART) {
        restarts++;
    }
    ck_assert_int_eq(ret, -XEN_ENOSPC);
    ck_assert_uint_ge(restarts, 1);
    *word(5) = 0;
    ck_assert_uint_eq(ipi(0), 5);
    *word(4090) = 0;
    while ((ret = evtchn_bind_ipi(alice, 0, &port)) == -XEN_ERESTART) {
        ;
    }
    ck_assert_int_eq(ret, 0);
    ck_assert_uint_eq(port, 4090);
}
END_TEST

START_TEST(reset_goes_back_to_2_level)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    evtchn_port_t a;

    start_fifo();
    add_words(0);
    a = ipi(0);
    send(a);
    ck_assert_int_eq(op(EVTCHNOP_reset, &r), 0);
    ck_assert_ptr_null(alice->evtchn.fifo);
    a = ipi(1);
    send(a);
    ck_assert(alice->shared_info->evtchn_pending[0] & 1ul << a);
    start_fifo();
    add_words(0);
    ck_assert_uint_eq(consume(1), a);
}
END_TEST

START_TEST(a_guest_that_fights_for_a_word)
{
    evtchn_port_t a, b;

    start_fifo();
    add_words(0);
    a = ipi(0), b = ipi(0);
    send(a);
    /* A wild link and stray bits in the tail's word are the guest's own loss. */
    *word(a) = BIT(EVTCHN_FIFO_LINKED) | BIT(EVTCHN_FIFO_BUSY) | 0xfffff;
    control[0]->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0xffffffff;
    send(b);
    ck_assert_uint_eq(*word(a) & EVTCHN_FIFO_LINK_MASK, b);
    ck_assert_uint_eq(*word(a) & BIT(EVTCHN_FIFO_BUSY), 0);
    *word(a) = 0;
    *word(b) = 0;
    send(a);
    ck_assert_uint_eq(control[0]->head[EVTCHN_FIFO_PRIORITY_DEFAULT], a);
}
END_TEST

START_TEST(no_control_block_no_link)
{
    mfn_t frame = bench_frame(alice);
    evtchn_port_t a;

    control[0] = bench_frame_content(frame);
    ck_assert_int_eq(init_control(0, frame, 0), 0);
    add_words(0);
    a = ipi(1);
    send(a); /* vCPU 1 has no block: only pending */
    ck_assert_uint_eq(*word(a), BIT(EVTCHN_FIFO_PENDING));
}
END_TEST

START_TEST(ports_are_printed)
{
    evtchn_port_t alices, bobs, virq;

    ck_assert_int_eq(evtchn_alloc_unbound(bob, alice->id, &bobs), 0);
    ck_assert_int_eq(evtchn_bind_interdomain(alice, bob, bobs, &alices), 0);
    evtchn_print(bob);
    ck_assert_str_eq(bench_log, "  port 1: v0 interdomain d1 port 1");
    evtchn_print(alice);
    ck_assert_str_eq(bench_log, "  port 1: v0 interdomain d2 port 1, pending");
    ck_assert_int_eq(evtchn_bind_virq(alice, VIRQ_DEBUG, 1, &virq), 0);
    evtchn_print(alice);
    ck_assert_str_eq(bench_log, "  port 2: v1 virq 1");
}
END_TEST

TCase *evtchn_fifo_tests(void)
{
    TCase *t = tcase_create("FIFO");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, init_control_checks);
    tcase_add_test(t, init_control_without_memory_changes_nothing);
    tcase_add_test(t, events_queue_in_order);
    tcase_add_test(t, priorities_come_first);
    tcase_add_test(t, a_port_moves_between_queues);
    tcase_add_test(t, masked_ports_wait_for_unmask);
    tcase_add_test(t, bound_ports_move_over);
    tcase_add_test(t, a_linked_port_is_not_used_again);
    tcase_add_test(t, more_ports_than_2_level);
    tcase_add_test(t, the_search_for_a_port_is_interrupted);
    tcase_add_test(t, reset_goes_back_to_2_level);
    tcase_add_test(t, a_guest_that_fights_for_a_word);
    tcase_add_test(t, no_control_block_no_link);
    tcase_add_test(t, ports_are_printed);
    return t;
}
