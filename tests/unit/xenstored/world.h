/* SPDX-License-Identifier: MIT */
/* A store without rings and sockets: connections that a test speaks for, and checks that must always hold. */
#ifndef XENSTORED_WORLD_H
#define XENSTORED_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xenstored/journal.h"
#include "xenstored/request.h"
#include "xenstored/store.h"

#define WORLD_DOMAINS 8

struct world {
    struct store store;
    struct journal journal;
    bool introduced[WORLD_DOMAINS];
    uint32_t released; /* how often a domain was released by request */
};

/* A reply or an event. */
struct answer {
    struct xsd_sockmsg header;
    char bytes[XENSTORE_PAYLOAD_MAX + 1]; /* with a NUL behind */
};

/* Begins with an empty store of default limits, which keeps a journal. */
void world_begin(struct world *world);
void world_end(struct world *world);

/* A socket's connection for domain 0, a ring's for others. */
struct conn *world_connect(struct world *world, uint16_t domid);

/* Sends a request and lets it be served. The answer is the reply; events stay. The payload may contain NULs.
 */
void world_ask(struct world *world, struct conn *conn, uint32_t type, uint32_t tx, const void *payload,
               size_t length, struct answer *answer);

/* The same for text; returns the payload of the reply, "OK" or an error's name among others, valid until the
 * next call. */
const char *ask(struct world *world, struct conn *conn, uint32_t type, uint32_t tx, const char *payload,
                size_t length);
#define ASK(world, conn, type, tx, text) ask(world, conn, type, tx, text, sizeof(text))

/* WRITE of a text. */
const char *ask_write(struct world *world, struct conn *conn, uint32_t tx, const char *path,
                      const char *value);

/* Starts a transaction and returns its id. */
uint32_t ask_start(struct world *world, struct conn *conn);

/* Takes the oldest message that waits for the client. False when there is none. */
bool world_take(struct conn *conn, struct answer *answer);

/* Takes the next event as "PATH TOKEN"; "" when none waits. Valid until the next call. */
const char *world_event(struct conn *conn);

/* NULL while all invariants hold, else what is wrong. */
const char *world_wrong(struct world *world);

/* Reads the world's journal into a new world and compares. NULL when both have the same nodes, permissions,
 * watches and transactions, else what differs. */
const char *world_restore_differs(struct world *world);

#endif
