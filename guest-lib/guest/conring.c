/* SPDX-License-Identifier: MIT */
/* Moves bytes through a console's ring, and leads a further console through the handshake. */
#include "guest/conring.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "pvabi/errno.h"

/* Into a ring of `ring_size` bytes, a power of two. */
static size_t put(volatile char *bytes, uint32_t ring_size, volatile XENCONS_RING_IDX *produced,
                  volatile const XENCONS_RING_IDX *consumed, const char *text, size_t size)
{
    uint32_t at = *produced, used = at - *consumed;
    size_t done = 0;

    if (used > ring_size) {
        return 0;
    }
    for (; done < size && used < ring_size; done++, used++) {
        bytes[at++ & (ring_size - 1)] = text[done];
    }
    /* The bytes before the index, and the index before who is woken looks at it. */
    x86_mfence();
    *produced = at;
    return done;
}

static size_t get(volatile const char *bytes, uint32_t ring_size, volatile const XENCONS_RING_IDX *produced,
                  volatile XENCONS_RING_IDX *consumed, char *text, size_t size)
{
    uint32_t at = *consumed, ready = *produced - at;
    size_t done = 0;

    if (ready > ring_size) {
        return 0;
    }
    barrier();
    for (; done < size && done < ready; done++) {
        text[done] = bytes[at++ & (ring_size - 1)];
    }
    x86_mfence();
    *consumed = at;
    return done;
}

size_t conring_front_write(volatile struct xencons_interface *ring, const char *text, size_t size)
{
    return put(ring->out, sizeof(ring->out), &ring->out_prod, &ring->out_cons, text, size);
}

size_t conring_front_read(volatile struct xencons_interface *ring, char *text, size_t size)
{
    return get(ring->in, sizeof(ring->in), &ring->in_prod, &ring->in_cons, text, size);
}

size_t conring_back_write(volatile struct xencons_interface *ring, const char *text, size_t size)
{
    return put(ring->in, sizeof(ring->in), &ring->in_prod, &ring->in_cons, text, size);
}

size_t conring_back_read(volatile struct xencons_interface *ring, char *text, size_t size)
{
    return get(ring->out, sizeof(ring->out), &ring->out_prod, &ring->out_cons, text, size);
}

static void wake(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

int conring_write(struct conring *console, const char *text, size_t size)
{
    size_t done;

    if (!console->attached) {
        return -XEN_ENODEV;
    }
    done = console->backend ? conring_back_write(console->ring, text, size)
                            : conring_front_write(console->ring, text, size);
    event_send(console->port);
    return (int)done;
}

size_t conring_read(struct conring *console, char *text, size_t size)
{
    size_t done = 0;

    if (console->attached) {
        done = console->backend ? conring_back_read(console->ring, text, size)
                                : conring_front_read(console->ring, text, size);
    }
    if (done) {
        event_send(console->port);
    }
    return done;
}

/* A grant of the page, and a port. */
static int offer(struct conring *console, domid_t domain, void *page)
{
    int ref = grant_page(domain, page, false), port = event_alloc_unbound(domain);

    if (ref < 0 || port < 0) {
        return ref < 0 ? ref : port;
    }
    *console = (struct conring){.domain = domain,
                                .ring = page,
                                .ref = (grant_ref_t)ref,
                                .port = (evtchn_port_t)port,
                                .attached = true};
    event_set_handler(console->port, wake, NULL);
    return 0;
}

int conring_make(struct conring *console, domid_t domain)
{
    return offer(console, domain, memory_page_alloc());
}

void conring_keep(struct conring *console)
{
    console->attached = false;
}

int conring_make_again(struct conring *console, domid_t domain)
{
    return offer(console, domain, (void *)console->ring);
}

int conring_attach(struct conring *console, domid_t domain, grant_ref_t ref, evtchn_port_t port)
{
    void *window = console->ring ? (void *)console->ring : pt_reserve(1);
    int local;

    *console = (struct conring){.domain = domain, .ring = window, .backend = true};
    if (grant_map(window, domain, ref, 0, &console->handle) != GNTST_okay) {
        return -XEN_EINVAL;
    }
    local = event_bind_interdomain(domain, port);
    if (local < 0) {
        grant_unmap(window, console->handle);
        return local;
    }
    console->port = (evtchn_port_t)local;
    console->attached = true;
    event_set_handler(console->port, wake, NULL);
    return 0;
}

void conring_detach(struct conring *console)
{
    if (!console->attached) {
        return;
    }
    console->attached = false;
    event_close(console->port);
    if (console->backend) {
        grant_unmap((void *)console->ring, console->handle);
        return;
    }
    /* A page that the backend still has is lost rather than used by two. */
    if (grant_end(console->ref)) {
        memory_page_free((void *)console->ring);
    }
    console->ring = NULL;
}

static int probe(struct xenbus_device *device)
{
    device->data = calloc(1, sizeof(struct conring));
    return 0;
}

static int publish(struct xenbus_device *device)
{
    struct conring *console = device->data;
    int error = console->ring ? conring_make_again(console, device->other_domain)
                              : conring_make(console, device->other_domain);

    error = error ? error : xs_write_number(device->path, "ring-ref", console->ref);
    return error ? error : xs_write_number(device->path, "port", console->port);
}

static int connect_front(struct xenbus_device *device)
{
    (void)device;
    return 0;
}

static int announce(struct xenbus_device *device)
{
    (void)device;
    return 0;
}

static int connect_back(struct xenbus_device *device)
{
    unsigned long ref, port;
    int error = xs_read_number(device->other, "ring-ref", &ref);

    error = error ? error : xs_read_number(device->other, "port", &port);
    return error ? error
                 : conring_attach(device->data, device->other_domain, (grant_ref_t)ref, (evtchn_port_t)port);
}

static void disconnect(struct xenbus_device *device)
{
    conring_detach(device->data);
}

static void restart(struct xenbus_device *device)
{
    conring_keep(device->data);
}

static void remove(struct xenbus_device *device)
{
    struct conring *console = device->data;

    /* One that is between two backends has its page still. */
    if (!console->backend && console->ring) {
        memory_page_free((void *)console->ring);
    }
    free(console);
}

const struct xenbus_driver conring_front_driver = {
    .role = XENBUS_FRONT,
    .type = "console",
    .probe = probe,
    .publish = publish,
    .connect = connect_front,
    .disconnect = disconnect,
    .restart = restart,
    .remove = remove,
};

const struct xenbus_driver conring_back_driver = {
    .role = XENBUS_BACK,
    .type = "console",
    .probe = probe,
    .announce = announce,
    .connect = connect_back,
    .disconnect = disconnect,
    .let_go = disconnect,
    .take_again = connect_back,
    .remove = remove,
};
