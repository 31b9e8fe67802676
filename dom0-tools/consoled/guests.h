/* SPDX-License-Identifier: MIT */
/* Which guests have a console: found through the hypervisor's list and xenstore, and followed as they come
 * and go. */
#ifndef CONSOLED_GUESTS_H
#define CONSOLED_GUESTS_H

#include <stdint.h>

#include "consoled/console.h"
#include "lib/xs.h"

struct guests {
    struct console_host host;
    struct console *first;
    size_t count;         /* of consoles, open or not */
    struct xs_client *xs; /* NULL: xenstored is away */
    uint64_t retry_ms;    /* when to look for it again */
};

/* Connects to xenstored where that is due, and looks for guests. Returns the milliseconds until the next try,
 * -1 when there is a connection. */
int guests_connect(struct guests *guests, uint64_t now_ms);

/* Takes xenstore's events: guests that came, went or got a console. */
void guests_take_events(struct guests *guests);

/* The console with this local port. NULL: none. */
struct console *guests_find_port(const struct guests *guests, uint32_t port);

/* Closes all. */
void guests_close(struct guests *guests);

#endif
