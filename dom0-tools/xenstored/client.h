/* SPDX-License-Identifier: MIT */
/* The clients in this domain: programs that connect to the daemon's Unix socket. */
#ifndef XENSTORED_CLIENT_H
#define XENSTORED_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "xenstored/store.h"

struct client {
    struct client *next;
    int fd;
    bool readable; /* may have bytes for us */
    bool writable; /* may take bytes of ours */
    bool gone;
    struct conn *conn;
};

struct clients {
    struct store *store;
    struct client *first;
    size_t count;
    int listen_fd;
    bool full; /* there is no descriptor for one more: newcomers wait until one leaves */
};

/* Listens at a path that only root may reach; an older socket there is replaced. */
int clients_listen(struct clients *clients, struct store *store, const char *path, struct pv_error *error);
void clients_close(struct clients *clients);

/* Fills `fds` (room for 1 + clients->count) with what to poll for, in the order of the list; takes the
 * answers in again. */
void clients_fill_poll(const struct clients *clients, struct pollfd *fds);
void clients_take_poll(struct clients *clients, const struct pollfd *fds);

/* Gives each client at most one request. */
void clients_serve(struct clients *clients);

/* Sends what waits, and lets clients go that hung up or failed. */
void clients_tell(struct clients *clients);

/* As domains_timeout. */
int clients_timeout(const struct clients *clients);

#endif
