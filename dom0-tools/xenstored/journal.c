/* SPDX-License-Identifier: MIT */
/* The journal, written: changes as records in a buffer. */
#include "xenstored/journal.h"

#include <stdlib.h>
#include <string.h>

#include "xenstored/journal_format.h"
#include "xenstored/path.h"
#include "xenstored/store.h"
#include "xenstored/txn.h"

#define JOURNAL_FIRST_ROOM 4096

static void journal_put(struct journal *journal, const void *bytes, size_t length)
{
    if (journal->length + length > journal->room) {
        size_t room = journal->room ? journal->room : JOURNAL_FIRST_ROOM;
        char *grown;

        while (room < journal->length + length) {
            room *= 2;
        }
        grown = realloc(journal->bytes, room);
        if (!grown) {
            journal->failed = true;
            return;
        }
        journal->bytes = grown;
        journal->room = room;
    }
    if (length > 0) {
        memcpy(journal->bytes + journal->length, bytes, length);
    }
    journal->length += length;
}

static void journal_put_string(struct journal *journal, const char *string)
{
    journal_put(journal, string, strlen(string) + 1);
}

static void journal_put_u32(struct journal *journal, uint32_t value)
{
    journal_put(journal, &value, sizeof(value));
}

/* Begins a record; journal_end fills in its length. Returns where it begins. */
static size_t journal_begin(struct journal *journal, enum journal_type type, uint16_t domid)
{
    struct journal_header header = {.type = (uint16_t)type, .domid = domid};
    size_t start = journal->length;

    journal_put(journal, &header, sizeof(header));
    return start;
}

static void journal_end(struct journal *journal, size_t start)
{
    uint32_t length;

    if (journal->failed) {
        journal->length = start;
        return;
    }
    length = (uint32_t)(journal->length - start);
    memcpy(journal->bytes + start + offsetof(struct journal_header, length), &length, sizeof(length));
}

static void journal_put_perms(struct journal *journal, const struct perms *perms)
{
    journal_put_u32(journal, perms->count);
    journal_put(journal, perms->entries, perms->count * sizeof(struct perm));
}

void journal_node(struct journal *journal, const char *path, const struct node *node)
{
    size_t start;

    if (!journal) {
        return;
    }
    start = journal_begin(journal, node ? JOURNAL_NODE : JOURNAL_NODE_GONE, 0);
    journal_put_string(journal, path);
    if (node) {
        journal_put_perms(journal, node->perms);
        journal_put_u32(journal, (uint32_t)node_value_length(node));
        journal_put(journal, node->value ? node->value->bytes : NULL, node_value_length(node));
    }
    journal_end(journal, start);
}

void journal_special(struct journal *journal, const char *name, const struct perms *perms)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_SPECIAL, 0);
        journal_put_string(journal, name);
        journal_put_perms(journal, perms);
        journal_end(journal, start);
    }
}

void journal_domain(struct journal *journal, const struct journal_domain *domain)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_DOMAIN, domain->domid);
        journal_put(journal, domain, sizeof(*domain));
        journal_end(journal, start);
    }
}

void journal_domain_gone(struct journal *journal, uint16_t domid)
{
    if (journal) {
        journal_end(journal, journal_begin(journal, JOURNAL_DOMAIN_GONE, domid));
    }
}

void journal_watch(struct journal *journal, uint16_t domid, const char *path, const char *token,
                   bool relative)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_WATCH, domid);
        journal_put_u32(journal, relative);
        journal_put_string(journal, path);
        journal_put_string(journal, token);
        journal_end(journal, start);
    }
}

void journal_unwatch(struct journal *journal, uint16_t domid, const char *path, const char *token)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_UNWATCH, domid);
        journal_put_string(journal, path);
        journal_put_string(journal, token);
        journal_end(journal, start);
    }
}

void journal_txn(struct journal *journal, uint16_t domid, uint32_t id, bool open)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, open ? JOURNAL_TXN : JOURNAL_TXN_GONE, domid);
        journal_put_u32(journal, id);
        journal_end(journal, start);
    }
}

void journal_reset(struct journal *journal, uint16_t domid)
{
    if (journal) {
        journal_end(journal, journal_begin(journal, JOURNAL_RESET, domid));
    }
}

void journal_input(struct journal *journal, uint16_t domid, uint32_t req_cons, const struct conn *conn)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_INPUT, domid);
        journal_put_u32(journal, req_cons);
        journal_put(journal, &conn->header, conn->header_have);
        journal_put(journal, conn->payload, conn->payload_have);
        journal_end(journal, start);
    }
}

void journal_output(struct journal *journal, uint16_t domid, const void *bytes, size_t length)
{
    size_t start;

    if (journal) {
        start = journal_begin(journal, JOURNAL_OUTPUT, domid);
        journal_put(journal, bytes, length);
        journal_end(journal, start);
    }
}

static int journal_visit_node(void *context, const char *path, const struct node *node)
{
    journal_node(context, path, node);
    return 0;
}

void journal_store(struct journal *journal, struct store *store)
{
    char path[PATH_BUFFER_SIZE] = "/";

    node_walk(store->tree.root, path, journal_visit_node, journal);
    journal_special(journal, STORE_INTRODUCE, store->introduce_perms);
    journal_special(journal, STORE_RELEASE, store->release_perms);
}

void journal_conn(struct journal *journal, struct conn *conn, uint32_t req_cons)
{
    uint16_t domid = conn->subject.domid;

    for (const struct watch *watch = conn->watches; watch; watch = watch->next_of_conn) {
        journal_watch(journal, domid, watch_path(watch), watch->token, watch->strip > 0);
    }
    for (const struct txn *txn = conn->txns; txn; txn = txn->next) {
        journal_txn(journal, domid, txn->id, true);
    }
    journal_input(journal, domid, req_cons, conn);
    for (const struct conn_chunk *chunk = conn->out_first; chunk; chunk = chunk->next) {
        journal_output(journal, domid, chunk->bytes + chunk->done, chunk->length - chunk->done);
    }
    conn->out_fresh = NULL;
    conn->changed = false;
}

void journal_conn_changes(struct journal *journal, struct conn *conn, uint32_t req_cons)
{
    for (const struct conn_chunk *chunk = conn->out_fresh; chunk; chunk = chunk->next) {
        journal_output(journal, conn->subject.domid, chunk->bytes, chunk->length);
    }
    journal_input(journal, conn->subject.domid, req_cons, conn);
    conn->out_fresh = NULL;
    conn->changed = false;
}

void journal_empty(struct journal *journal)
{
    journal->length = 0;
    journal->failed = false;
}

void journal_clear(struct journal *journal)
{
    free(journal->bytes);
    *journal = (struct journal){0};
}
