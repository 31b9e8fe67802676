/* SPDX-License-Identifier: MIT */
/*
 * The FIFO event format: a word for each port, and for each vCPU sixteen queues of ports, one a priority.
 *
 * The hypervisor links a pending, unmasked port at a queue's tail; the guest takes from the head, which the
 * control block names while the guest has none of its own.
 */
#include "guest/event.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/string.h"
#include "guest/vcpu.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define ARRAY_PAGES    16
#define LINK_MASK      ((1u << EVTCHN_FIFO_LINK_BITS) - 1)

static _Atomic uint32_t *array[ARRAY_PAGES];
static unsigned int array_pages;

static struct {
    struct evtchn_fifo_control_block *control;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
} queues[VCPU_MAX];

_Atomic uint32_t *event_fifo_word(evtchn_port_t port)
{
    return &array[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE];
}

static int give_array_page(_Atomic uint32_t *page)
{
    struct evtchn_expand_array request = {.array_gfn = memory_va_to_mfn(page)};

    for (unsigned int i = 0; i < WORDS_PER_PAGE; i++) {
        page[i] = 1u << EVTCHN_FIFO_MASKED;
    }
    return (int)hypercall_event_channel_op(EVTCHNOP_expand_array, HARG(&request));
}

static int add_array_page(void)
{
    _Atomic uint32_t *page = memory_page_alloc();
    int error = give_array_page(page);

    if (!error) {
        array[array_pages++] = page;
    }
    return error;
}

int event_fifo_grow(evtchn_port_t port)
{
    int error = 0;

    while (!error && port >= array_pages * WORDS_PER_PAGE && array_pages < ARRAY_PAGES) {
        error = add_array_page();
    }
    return error;
}

static int init_vcpu(unsigned int id, struct evtchn_fifo_control_block *control)
{
    struct evtchn_init_control request = {.control_gfn = memory_va_to_mfn(control), .vcpu = id};
    int error = (int)hypercall_event_channel_op(EVTCHNOP_init_control, HARG(&request));

    if (!error) {
        queues[id].control = control;
    }
    return error;
}

int event_fifo_init(void)
{
    unsigned int count = vcpu_count();
    int error = 0;

    for (unsigned int id = 0; id < count && id < VCPU_MAX && !error; id++) {
        void *control = memory_page_alloc();

        error = init_vcpu(id, control);
        if (error) {
            memory_page_free(control);
        }
    }
    return error ? error : event_fifo_grow(0);
}

/* The same pages, given to the hypervisor once more. */
int event_fifo_resume(void)
{
    int error = 0;

    for (unsigned int id = 0; id < VCPU_MAX && queues[id].control && !error; id++) {
        memset(queues[id].head, 0, sizeof(queues[id].head));
        memset(queues[id].control, 0, PAGE_SIZE);
        error = init_vcpu(id, queues[id].control);
    }
    for (unsigned int page = 0; page < array_pages && !error; page++) {
        error = give_array_page(array[page]);
    }
    return error;
}

/* Unlinks a port and returns what its word linked to. */
static uint32_t unlink(evtchn_port_t port)
{
    _Atomic uint32_t *word = event_fifo_word(port);
    uint32_t old = *word;

    while (!__atomic_compare_exchange_n((uint32_t *)word, &old, old & ~(1u << EVTCHN_FIFO_LINKED | LINK_MASK),
                                        false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    return old & LINK_MASK;
}

static bool take(unsigned int vcpu, unsigned int queue, evtchn_port_t *port)
{
    struct evtchn_fifo_control_block *control = queues[vcpu].control;
    uint32_t head = queues[vcpu].head[queue];
    uint32_t word;

    if (!head) {
        head = __atomic_load_n(&control->head[queue], __ATOMIC_ACQUIRE);
    }
    queues[vcpu].head[queue] = unlink(head);
    if (!queues[vcpu].head[queue]) {
        __atomic_fetch_and(&control->ready, ~(1u << queue), __ATOMIC_SEQ_CST);
    }
    word = *event_fifo_word(head);
    *port = head;
    return (word >> EVTCHN_FIFO_PENDING & 1) && !(word >> EVTCHN_FIFO_MASKED & 1);
}

bool event_fifo_next(evtchn_port_t *port)
{
    unsigned int vcpu = vcpu_current()->id;

    for (;;) {
        uint32_t ready = __atomic_load_n(&queues[vcpu].control->ready, __ATOMIC_ACQUIRE);

        if (!ready) {
            return false;
        }
        if (take(vcpu, (unsigned int)__builtin_ctz(ready), port)) {
            return true;
        }
    }
}
