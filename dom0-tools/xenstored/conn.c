/* SPDX-License-Identifier: MIT */
/* A connection to the store: the message that comes in and what waits to go out. */
#include "xenstored/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DOMID_PRIVILEGED 0

/* Bounds the work that a guest which reads nothing makes for each event. */
#define CONN_EVENTS_COMPARED 256

struct conn *conn_new(uint16_t domid, bool is_domain)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn) {
        conn->subject = (struct perms_subject){
            .domid = domid,
            .privileged = domid == DOMID_PRIVILEGED,
            .target = PERMS_NO_TARGET,
        };
        conn->is_domain = is_domain;
        conn->out_last = &conn->out_first;
    }
    return conn;
}

void conn_free(struct conn *conn)
{
    conn_output_clear(conn);
    free(conn);
}

uint32_t conn_input_wanted(const struct conn *conn)
{
    if (conn->header_have < sizeof(conn->header)) {
        return (uint32_t)sizeof(conn->header) - conn->header_have;
    }
    return conn->header.len - conn->payload_have;
}

void *conn_input_place(struct conn *conn)
{
    if (conn->header_have < sizeof(conn->header)) {
        return (char *)&conn->header + conn->header_have;
    }
    return conn->payload + conn->payload_have;
}

void conn_input_came(struct conn *conn, uint32_t count)
{
    conn->changed = true;
    if (conn->header_have < sizeof(conn->header)) {
        conn->header_have += count;
        if (conn->header_have == sizeof(conn->header) && conn->header.len > XENSTORE_PAYLOAD_MAX) {
            conn->header.len = 0;
            conn->failed = true;
        }
        return;
    }
    conn->payload_have += count;
}

void conn_input_done(struct conn *conn)
{
    conn->header_have = 0;
    conn->payload_have = 0;
    conn->changed = true;
}

static struct conn_chunk *conn_add_chunk(struct conn *conn, size_t length)
{
    struct conn_chunk *chunk = malloc(sizeof(*chunk) + length);

    if (!chunk) {
        conn->failed = true;
        return NULL;
    }
    chunk->next = NULL;
    chunk->length = (uint32_t)length;
    chunk->done = 0;
    chunk->is_event = false;
    *conn->out_last = chunk;
    conn->out_last = &chunk->next;
    conn->out_bytes += length;
    conn->out_total += (uint32_t)length;
    if (conn->is_domain && !conn->out_fresh) {
        conn->out_fresh = chunk;
    }
    conn->changed = true;
    return chunk;
}

int conn_send(struct conn *conn, const struct xsd_sockmsg *header, const void *payload)
{
    struct conn_chunk *chunk = conn_add_chunk(conn, sizeof(*header) + header->len);

    if (!chunk) {
        return ENOMEM;
    }
    memcpy(chunk->bytes, header, sizeof(*header));
    if (header->len) {
        memcpy(chunk->bytes + sizeof(*header), payload, header->len);
    }
    chunk->is_event = header->type == XS_WATCH_EVENT;
    conn->out_replies += !chunk->is_event;
    return 0;
}

int conn_send_raw(struct conn *conn, const void *bytes, size_t length)
{
    struct conn_chunk *chunk = conn_add_chunk(conn, length);

    if (!chunk) {
        return ENOMEM;
    }
    memcpy(chunk->bytes, bytes, length);
    conn->out_replies++;
    return 0;
}

bool conn_output_next(const struct conn *conn, const char **bytes, uint32_t *length)
{
    const struct conn_chunk *chunk = conn->out_first;

    if (!chunk) {
        return false;
    }
    *bytes = chunk->bytes + chunk->done;
    *length = chunk->length - chunk->done;
    return true;
}

void conn_output_went(struct conn *conn, uint32_t count)
{
    struct conn_chunk *chunk = conn->out_first;

    chunk->done += count;
    conn->out_bytes -= count;
    if (chunk->done < chunk->length) {
        return;
    }
    conn->out_first = chunk->next;
    if (conn->out_fresh == chunk) {
        conn->out_fresh = chunk->next;
    }
    if (!conn->out_first) {
        conn->out_last = &conn->out_first;
    }
    conn->out_replies -= !chunk->is_event;
    free(chunk);
}

void conn_output_clear(struct conn *conn)
{
    while (conn->out_first) {
        conn_output_went(conn, conn->out_first->length - conn->out_first->done);
    }
}

bool conn_has_event(const struct conn *conn, const void *payload, size_t length)
{
    int left = CONN_EVENTS_COMPARED;

    for (const struct conn_chunk *chunk = conn->out_first; chunk && left > 0; chunk = chunk->next, left--) {
        if (chunk->is_event && chunk->done == 0 && chunk->length == sizeof(struct xsd_sockmsg) + length &&
            !memcmp(chunk->bytes + sizeof(struct xsd_sockmsg), payload, length)) {
            return true;
        }
    }
    return false;
}
