/* SPDX-License-Identifier: MIT */
/* A connection to the store: the message that comes in, what waits to go out, its watches and its
 * transactions. No input or output is done here; the daemon moves bytes between this and a ring or a socket.
 */
#ifndef XENSTORED_CONN_H
#define XENSTORED_CONN_H

#include <errno.h> /* before xs_wire.h, which then names the errors */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvabi/io/xs_wire.h"
#include "xenstored/perms.h"

struct txn;
struct watch;

/* Bytes on their way out. */
struct conn_chunk {
    struct conn_chunk *next;
    uint32_t length;
    uint32_t done;
    bool is_event;
    char bytes[];
};

struct conn {
    struct conn *next;
    struct perms_subject subject;
    bool is_domain; /* a domain's ring, not a socket */
    bool failed;    /* broke the protocol or is gone: it gets no more service */

    struct xsd_sockmsg header; /* the message that comes in, header_have + payload_have bytes of it */
    uint32_t header_have;
    uint32_t payload_have;
    char payload[XENSTORE_PAYLOAD_MAX + 1]; /* one more: handlers may put a NUL behind it */

    struct conn_chunk *out_first;
    struct conn_chunk **out_last;
    struct conn_chunk *out_fresh; /* the first one that the journal does not have; domains only */
    size_t out_bytes;
    uint32_t out_replies; /* complete or partial replies among the chunks */
    uint32_t out_total;   /* bytes ever queued, as a ring's index counts */
    bool events_dropped;

    struct watch *watches;
    uint32_t watch_count;
    struct txn *txns;
    uint32_t txn_count;
    uint32_t last_txn_id;
    uint32_t conflict_count; /* commits in a row that met a conflict */
    bool changed;            /* something that the journal keeps has changed */
};

/* Makes a connection of a domain. NULL without memory. The caller links it and must end its watches and
 * transactions first. */
struct conn *conn_new(uint16_t domid, bool is_domain);
void conn_free(struct conn *conn);

/* How many bytes are missing of the incoming message; 0 when it is complete. A header with too long a payload
 * makes the connection fail. */
uint32_t conn_input_wanted(const struct conn *conn);

/* Where the next conn_input_wanted bytes belong, and the note that `count` of them have come. */
void *conn_input_place(struct conn *conn);
void conn_input_came(struct conn *conn, uint32_t count);

/* Forgets the incoming message, which was answered. */
void conn_input_done(struct conn *conn);

/* Queues a message. Returns 0 or ENOMEM (then the connection has failed: a client that lost a reply waits for
 * ever). */
int conn_send(struct conn *conn, const struct xsd_sockmsg *header, const void *payload);

/* Queues raw bytes that were queued before a restart. */
int conn_send_raw(struct conn *conn, const void *bytes, size_t length);

/* The next bytes to go out; false when there are none. conn_output_went notes that `count` of them went. */
bool conn_output_next(const struct conn *conn, const char **bytes, uint32_t *length);
void conn_output_went(struct conn *conn, uint32_t count);

/* Throws away all that waits to go out. */
void conn_output_clear(struct conn *conn);

/* Says whether the same watch event already waits whole among the oldest messages: a second tells the client
 * nothing. */
bool conn_has_event(const struct conn *conn, const void *payload, size_t length);

#endif
