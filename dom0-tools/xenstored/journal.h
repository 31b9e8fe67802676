/* SPDX-License-Identifier: MIT */
/*
 * The journal: every change that must outlive the daemon's own death, as records in a buffer that the daemon
 * appends to a file before anybody sees the change. Reading the records from the first to the last gives the
 * state again.
 *
 * A guest's ring is part of it. The bytes taken from a ring and the bytes promised to it are recorded before
 * the ring's indices move, so that after a restart the indices say which of them arrived: nothing is lost,
 * and nothing done twice.
 */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xenstored/tree.h"

struct conn;
struct store;

struct journal {
    char *bytes;
    size_t length;
    size_t room;
    bool failed; /* a record did not fit into memory: the journal must be written anew, whole */
};

/* A domain's ring as the daemon knows it. */
struct journal_domain {
    uint16_t domid;
    uint16_t target; /* valid if has_target */
    uint8_t has_target;
    uint8_t shutdown_seen;
    uint8_t fresh; /* nothing of the connection's bytes from before counts; rsp_base is right */
    uint32_t port; /* the domain's end of the event channel */
    uint64_t mfn;
    uint32_t req_cons; /* what the ring's index becomes */
    uint32_t rsp_base; /* what the ring's rsp_prod was before the first byte of the output records after a
                          fresh one */
};

/* Each adds one record; `journal` may be NULL. */
void journal_node(struct journal *journal, const char *path, const struct node *node); /* NULL: removed */
void journal_special(struct journal *journal, const char *name, const struct perms *perms);
void journal_domain(struct journal *journal, const struct journal_domain *domain);
void journal_domain_gone(struct journal *journal, uint16_t domid);
void journal_watch(struct journal *journal, uint16_t domid, const char *path, const char *token,
                   bool relative);
void journal_unwatch(struct journal *journal, uint16_t domid, const char *path, const char *token);
void journal_txn(struct journal *journal, uint16_t domid, uint32_t id, bool open);
void journal_reset(struct journal *journal, uint16_t domid); /* no watches, no transactions any more */
void journal_input(struct journal *journal, uint16_t domid, uint32_t req_cons, const struct conn *conn);
void journal_output(struct journal *journal, uint16_t domid, const void *bytes, size_t length);

/* Adds records that make, from nothing, all nodes; and all of one domain's connection but its journal_domain.
 */
void journal_store(struct journal *journal, struct store *store);
void journal_conn(struct journal *journal, struct conn *conn, uint32_t req_cons);

/* Adds what a domain's connection took in and queued since the last time. */
void journal_conn_changes(struct journal *journal, struct conn *conn, uint32_t req_cons);

/* Throws away what is in the buffer. */
void journal_empty(struct journal *journal);
void journal_clear(struct journal *journal);

/* What reading does with records of domains; the store's own nodes it puts in place itself. */
struct journal_reader {
    struct store *store;
    void *context;
    /* A domain's record. The connection of a new one is made here. Returns it, or NULL without memory. */
    struct conn *(*domain)(void *context, const struct journal_domain *domain);
    void (*domain_gone)(void *context, uint16_t domid);
    void (*input)(void *context, struct conn *conn, uint32_t req_cons);
};

/* Reads records. An incomplete one at the end was never acted upon and is left out. Returns 0, EINVAL for
 * bytes that are no journal, or ENOMEM; `used`, unless NULL, gets the length of what was read. */
int journal_read(const struct journal_reader *reader, const char *bytes, size_t length, size_t *used);

#endif
