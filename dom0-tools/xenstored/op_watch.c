/* SPDX-License-Identifier: MIT */
/* Requests about watches and transactions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xenstored/journal.h"
#include "xenstored/request.h"

/* A connection whose commits met this many conflicts in a row gets the store to itself for a moment. */
#define OP_CONFLICTS_TO_FAVOUR 4
#define OP_FAVOUR_MS           100

static int op_watch_arguments(const struct request *request, char path[PATH_BUFFER_SIZE],
                              const char *strings[2])
{
    /* More strings than two are let pass, as Xen does. */
    const char *all[8];
    int count = request_strings(request, all, 8);

    if (count < 2) {
        return EINVAL;
    }
    strings[0] = all[0];
    strings[1] = all[1];
    return path_canonicalize(request->view.conn->subject.domid, all[0], true, path);
}

static struct journal *op_journal(const struct request *request)
{
    return request->view.conn->is_domain ? request->view.store->journal : NULL;
}

int op_watch(const struct request *request)
{
    struct store *store = request->view.store;
    struct conn *conn = request->view.conn;
    char path[PATH_BUFFER_SIZE];
    const char *strings[2];
    bool relative;
    int error = op_watch_arguments(request, path, strings);

    if (!error && path_is_special(path) && !store_special_perms(store, path)) {
        error = EINVAL;
    }
    if (error) {
        return error;
    }
    relative = strings[0][0] != '/' && strings[0][0] != '@';
    error = watch_add(&store->watches, conn, path, strings[1], relative);
    if (error) {
        return error;
    }
    journal_watch(op_journal(request), conn->subject.domid, path, strings[1], relative);
    error = request_reply_ok(request);
    watch_fire_first(&store->watches, conn, path, strings[1]);
    return error;
}

int op_unwatch(const struct request *request)
{
    struct conn *conn = request->view.conn;
    char path[PATH_BUFFER_SIZE];
    const char *strings[2];
    int error = op_watch_arguments(request, path, strings);

    error = error ? error : watch_remove(&request->view.store->watches, conn, path, strings[1]);
    if (error) {
        return error;
    }
    journal_unwatch(op_journal(request), conn->subject.domid, path, strings[1]);
    return request_reply_ok(request);
}

int op_reset_watches(const struct request *request)
{
    struct conn *conn = request->view.conn;

    watch_remove_all(&request->view.store->watches, conn);
    while (conn->txns) {
        store_drop_txn(request->view.store, conn, conn->txns);
    }
    journal_reset(op_journal(request), conn->subject.domid);
    return request_reply_ok(request);
}

static bool op_has_txn(const struct conn *conn, uint32_t id)
{
    for (const struct txn *txn = conn->txns; txn; txn = txn->next) {
        if (txn->id == id) {
            return true;
        }
    }
    return false;
}

int op_transaction_start(const struct request *request)
{
    struct store *store = request->view.store;
    struct conn *conn = request->view.conn;
    struct txn *txn;
    char text[16];

    if (request->view.txn) {
        return EBUSY;
    }
    if (!conn->subject.privileged && conn->txn_count >= store->limits.transactions) {
        return ENOSPC;
    }
    do {
        conn->last_txn_id++;
    } while (conn->last_txn_id == 0 || op_has_txn(conn, conn->last_txn_id));
    txn = txn_new(conn->last_txn_id, &store->tree);
    if (!txn) {
        return ENOMEM;
    }
    txn->next = conn->txns;
    conn->txns = txn;
    conn->txn_count++;
    store->txn_count++;
    journal_txn(op_journal(request), conn->subject.domid, txn->id, true);
    snprintf(text, sizeof(text), "%u", txn->id);
    return request_reply_string(request, text);
}

/* Commits that fail again and again must succeed at last: the others then wait, for a bounded time. Guests do
 * not get that, for the others are more important than they. */
static void op_note_conflict(struct store *store, struct conn *conn, bool conflict)
{
    if (store->favoured == conn) {
        store->favoured = NULL;
    }
    conn->conflict_count = conflict ? conn->conflict_count + 1 : 0;
    if (conflict && conn->subject.privileged && conn->conflict_count % OP_CONFLICTS_TO_FAVOUR == 0) {
        store->favoured = conn;
        store->favoured_until_ms = store->now_ms + OP_FAVOUR_MS;
    }
}

int op_transaction_end(const struct request *request)
{
    struct store *store = request->view.store;
    struct conn *conn = request->view.conn;
    const char *verdict = request->payload;
    int error = 0;

    if ((strcmp(verdict, "T") != 0 && strcmp(verdict, "F") != 0) || request->header.len != 2) {
        return EINVAL;
    }
    if (!request->view.txn) {
        return ENOENT;
    }
    if (verdict[0] == 'T') {
        error = nodes_commit(&request->view);
        op_note_conflict(store, conn, error == EAGAIN);
    }
    journal_txn(op_journal(request), conn->subject.domid, request->view.txn->id, false);
    store_drop_txn(store, conn, request->view.txn);
    return error ? error : request_reply_ok(request);
}
