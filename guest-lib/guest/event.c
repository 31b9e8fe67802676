/* SPDX-License-Identifier: MIT */
/* Ports, handlers and the upcall. */
#include "guest/event.h"

#include <stddef.h>

#include "guest/hypercall.h"
#include "guest/start.h"
#include "guest/string.h"
#include "guest/vcpu.h"
#include "guest/x86.h"
#include "pvabi/sched.h"

#define BITS 64

static struct {
    event_handler *handler;
    void *data;
} ports[EVENT_PORTS];

static bool fifo;
/* The ports that the program knows are those of a domain that is no more: nothing is asked about them. */
static bool lost;

void event_init(void)
{
    memset(guest_shared_info->evtchn_mask, 0xff, sizeof(guest_shared_info->evtchn_mask));
}

bool event_is_fifo(void)
{
    return fifo;
}

int event_use_fifo(void)
{
    int error = event_fifo_init();

    fifo = error == 0;
    return error;
}

static void bit_set(volatile xen_ulong_t *words, evtchn_port_t bit)
{
    __atomic_fetch_or(&words[bit / BITS], 1ul << (bit % BITS), __ATOMIC_SEQ_CST);
}

static void bit_clear(volatile xen_ulong_t *words, evtchn_port_t bit)
{
    __atomic_fetch_and(&words[bit / BITS], ~(1ul << (bit % BITS)), __ATOMIC_SEQ_CST);
}

static bool bit_get(volatile xen_ulong_t *words, evtchn_port_t bit)
{
    return words[bit / BITS] >> (bit % BITS) & 1;
}

void event_forget(void)
{
    lost = true;
    memset(ports, 0, sizeof(ports));
}

int event_resume(void)
{
    lost = false;
    event_init();
    return fifo ? event_fifo_resume() : 0;
}

void event_mask(evtchn_port_t port)
{
    if (fifo) {
        *event_fifo_word(port) |= 1u << EVTCHN_FIFO_MASKED;
    } else {
        bit_set(guest_shared_info->evtchn_mask, port);
    }
}

bool event_masked(evtchn_port_t port)
{
    return fifo ? *event_fifo_word(port) >> EVTCHN_FIFO_MASKED & 1
                : bit_get(guest_shared_info->evtchn_mask, port);
}

bool event_pending(evtchn_port_t port)
{
    return fifo ? *event_fifo_word(port) >> EVTCHN_FIFO_PENDING & 1
                : bit_get(guest_shared_info->evtchn_pending, port);
}

void event_clear(evtchn_port_t port)
{
    if (fifo) {
        *event_fifo_word(port) &= ~(1u << EVTCHN_FIFO_PENDING);
    } else {
        bit_clear(guest_shared_info->evtchn_pending, port);
    }
}

int event_unmask(evtchn_port_t port)
{
    struct evtchn_unmask request = {.port = port};

    return (int)hypercall_event_channel_op(EVTCHNOP_unmask, HARG(&request));
}

static void handle(evtchn_port_t port)
{
    event_clear(port);
    if (port < EVENT_PORTS && ports[port].handler) {
        ports[port].handler(port, ports[port].data);
    }
}

static void handle_word(unsigned int word)
{
    for (;;) {
        xen_ulong_t ready = guest_shared_info->evtchn_pending[word] & ~guest_shared_info->evtchn_mask[word];

        if (!ready) {
            return;
        }
        handle(word * BITS + (evtchn_port_t)__builtin_ctzl(ready));
    }
}

static void handle_two_level(struct vcpu_info *info)
{
    xen_ulong_t words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

    for (; words; words &= words - 1) {
        handle_word((unsigned int)__builtin_ctzl(words));
    }
}

void event_upcall(void)
{
    struct vcpu_info *info = vcpu_current()->info;
    evtchn_port_t port;

    while (__atomic_exchange_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
        if (!fifo) {
            handle_two_level(info);
            continue;
        }
        while (event_fifo_next(&port)) {
            handle(port);
        }
    }
}

void event_disable(void)
{
    vcpu_current()->info->evtchn_upcall_mask = 1;
    barrier();
}

void event_enable(void)
{
    volatile struct vcpu_info *info = vcpu_current()->info;

    barrier();
    info->evtchn_upcall_mask = 0;
    barrier();
    /* The way out of any hypercall delivers what came while upcalls were masked. */
    if (info->evtchn_upcall_pending) {
        hypercall_xen_version(0, 0);
    }
}

bool event_disabled(void)
{
    return vcpu_current()->info->evtchn_upcall_mask;
}

static int new_port(int error, evtchn_port_t port)
{
    if (error) {
        return error;
    }
    if (fifo) {
        error = event_fifo_grow(port);
    }
    return error ? error : (int)port;
}

int event_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq request = {.virq = virq, .vcpu = vcpu};
    int error = (int)hypercall_event_channel_op(EVTCHNOP_bind_virq, HARG(&request));

    return new_port(error, request.port);
}

int event_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi request = {.vcpu = vcpu};
    int error = (int)hypercall_event_channel_op(EVTCHNOP_bind_ipi, HARG(&request));

    return new_port(error, request.port);
}

int event_alloc_unbound(domid_t remote)
{
    struct evtchn_alloc_unbound request = {.dom = DOMID_SELF, .remote_dom = remote};
    int error = (int)hypercall_event_channel_op(EVTCHNOP_alloc_unbound, HARG(&request));

    return new_port(error, request.port);
}

int event_bind_interdomain(domid_t remote, evtchn_port_t port)
{
    struct evtchn_bind_interdomain request = {.remote_dom = remote, .remote_port = port};
    int error = (int)hypercall_event_channel_op(EVTCHNOP_bind_interdomain, HARG(&request));

    return new_port(error, request.local_port);
}

domid_t event_own_domain(void)
{
    struct evtchn_status status = {.dom = DOMID_SELF};
    int far = event_alloc_unbound(DOMID_SELF), near = event_bind_interdomain(DOMID_SELF, (evtchn_port_t)far);

    status.port = (evtchn_port_t)near;
    hypercall_event_channel_op(EVTCHNOP_status, HARG(&status));
    event_close((evtchn_port_t)near);
    event_close((evtchn_port_t)far);
    return status.u.interdomain.dom;
}

int event_send(evtchn_port_t port)
{
    struct evtchn_send request = {.port = port};

    return (int)hypercall_event_channel_op(EVTCHNOP_send, HARG(&request));
}

int event_close(evtchn_port_t port)
{
    struct evtchn_close request = {.port = port};

    if (lost) {
        return 0;
    }
    event_set_handler(port, NULL, NULL);
    return (int)hypercall_event_channel_op(EVTCHNOP_close, HARG(&request));
}

void event_set_handler(evtchn_port_t port, event_handler *handler, void *data)
{
    event_mask(port);
    ports[port].handler = handler;
    ports[port].data = data;
    barrier();
    if (handler) {
        event_unmask(port);
    }
}

void event_block(void)
{
    hypercall_sched_op(SCHEDOP_block, 0);
}

int event_poll(evtchn_port_t port, uint64_t until)
{
    struct sched_poll request = {.nr_ports = 1, .timeout = until};

    set_xen_guest_handle(request.ports, &port);
    return (int)hypercall_sched_op(SCHEDOP_poll, HARG(&request));
}
