/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a console's ring: bytes each way in one page. Indices that the other end wrote are hostile;
 * each call reads one once and believes it only as far as the ring goes.
 */
#ifndef GUEST_CONRING_H
#define GUEST_CONRING_H

#include <stdbool.h>
#include <stddef.h>

#include "guest/grant.h"
#include "guest/xenbus.h"
#include "pvabi/event_channel.h"
#include "pvabi/io/console.h"

/* Bytes moved; less than `size` when the ring is full or empty. 0 also if the indices are not possible. */
size_t conring_front_write(volatile struct xencons_interface *ring, const char *text, size_t size);
size_t conring_front_read(volatile struct xencons_interface *ring, char *text, size_t size);
size_t conring_back_write(volatile struct xencons_interface *ring, const char *text, size_t size);
size_t conring_back_read(volatile struct xencons_interface *ring, char *text, size_t size);

/* A further console of a guest, by xenbus: either end. */
struct conring {
    domid_t domain; /* the other end's */
    volatile struct xencons_interface *ring;
    grant_ref_t ref;       /* the frontend's */
    grant_handle_t handle; /* the backend's */
    evtchn_port_t port;
    bool attached, backend;
};

int conring_write(struct conring *console, const char *text, size_t size);
size_t conring_read(struct conring *console, char *text, size_t size);
/* The frontend's end: makes page, grant and port. */
int conring_make(struct conring *console, domid_t domain);
/* As another domain: grant and port are gone, and the bytes in the page wait for the next backend; then a
 * grant and a port for it. */
void conring_keep(struct conring *console);
int conring_make_again(struct conring *console, domid_t domain);
/* The backend's end: maps what the frontend made. */
int conring_attach(struct conring *console, domid_t domain, grant_ref_t ref, evtchn_port_t port);
void conring_detach(struct conring *console);

/* The drivers "console" for xenbus_register; a connected device's data is its struct conring. */
extern const struct xenbus_driver conring_front_driver, conring_back_driver;

#endif
