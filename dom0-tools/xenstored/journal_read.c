/* SPDX-License-Identifier: MIT */
/* The journal, read: the records' bytes are checked although only root can write the file, for it may be cut
 * or damaged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/conn.h"
#include "xenstored/journal.h"
#include "xenstored/journal_format.h"
#include "xenstored/path.h"
#include "xenstored/store.h"
#include "xenstored/txn.h"

/* What is left of the record that is read. */
struct cursor {
    const char *at;
    size_t left;
    bool bad;
};

static const void *cursor_take(struct cursor *cursor, size_t length)
{
    const char *at = cursor->at;

    if (cursor->bad || length > cursor->left) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += length;
    cursor->left -= length;
    return at;
}

static uint32_t cursor_take_u32(struct cursor *cursor)
{
    const void *bytes = cursor_take(cursor, sizeof(uint32_t));
    uint32_t value = 0;

    if (bytes) {
        memcpy(&value, bytes, sizeof(value));
    }
    return value;
}

static const char *cursor_take_string(struct cursor *cursor)
{
    size_t length = strnlen(cursor->at, cursor->left);

    if (length == cursor->left) {
        cursor->bad = true;
    }
    return cursor_take(cursor, length + 1);
}

static const char *cursor_take_path(struct cursor *cursor, bool allow_special)
{
    const char *path = cursor_take_string(cursor);
    char checked[PATH_BUFFER_SIZE];

    if (!path || path_canonicalize(0, path, allow_special, checked) != 0 || strcmp(path, checked) != 0) {
        cursor->bad = true;
        return NULL;
    }
    return path;
}

static struct perms *cursor_take_perms(struct cursor *cursor)
{
    uint32_t count = cursor_take_u32(cursor);
    const void *entries;
    struct perms *perms;

    if (count == 0 || count > cursor->left / sizeof(struct perm)) {
        cursor->bad = true;
        return NULL;
    }
    entries = cursor_take(cursor, count * sizeof(struct perm));
    perms = malloc(sizeof(*perms) + count * sizeof(struct perm));
    if (perms) {
        perms->refs = 1;
        perms->count = count;
        memcpy(perms->entries, entries, count * sizeof(struct perm));
    }
    return perms;
}

static int journal_read_node(struct store *store, struct cursor *cursor)
{
    const char *path = cursor_take_path(cursor, false);
    struct perms *perms = path ? cursor_take_perms(cursor) : NULL;
    uint32_t length = cursor_take_u32(cursor);
    const void *value = cursor_take(cursor, length);
    int error = EINVAL;

    if (perms && value) {
        error = tree_find(&store->tree, path) ? tree_set_perms(&store->tree, path, perms)
                                              : tree_create(&store->tree, path, perms);
        if (!error) {
            error = tree_set_value(&store->tree, path, value, length);
        }
    }
    perms_put(perms);
    return error;
}

static int journal_read_node_gone(struct store *store, struct cursor *cursor)
{
    const char *path = cursor_take_path(cursor, false);
    int error = path ? tree_remove(&store->tree, path) : EINVAL;

    return error == ENOENT ? 0 : error;
}

static int journal_read_special(struct store *store, struct cursor *cursor)
{
    const char *name = cursor_take_path(cursor, true);
    struct perms **place = name ? store_special_perms(store, name) : NULL;
    struct perms *perms = place ? cursor_take_perms(cursor) : NULL;

    if (!perms) {
        return EINVAL;
    }
    perms_put(*place);
    *place = perms;
    return 0;
}

static int journal_read_domain(const struct journal_reader *reader, struct cursor *cursor)
{
    const void *bytes = cursor_take(cursor, sizeof(struct journal_domain));
    struct journal_domain domain;

    if (!bytes) {
        return EINVAL;
    }
    memcpy(&domain, bytes, sizeof(domain));
    return reader->domain(reader->context, &domain) ? 0 : ENOMEM;
}

static int journal_read_watch(struct store *store, struct conn *conn, struct cursor *cursor, bool add)
{
    bool relative = add && cursor_take_u32(cursor);
    const char *path = cursor_take_path(cursor, true);
    const char *token = cursor_take_string(cursor);

    if (!path || !token || cursor->bad) {
        return EINVAL;
    }
    if (add) {
        int error = watch_add(&store->watches, conn, path, token, relative);

        return error == EEXIST ? EINVAL : error;
    }
    watch_remove(&store->watches, conn, path, token);
    return 0;
}

static struct txn *journal_find_txn(const struct conn *conn, uint32_t id)
{
    struct txn *txn = conn->txns;

    while (txn && txn->id != id) {
        txn = txn->next;
    }
    return txn;
}

/* An open transaction's snapshot is lost: it begins anew, and its commit will say that it must be tried
 * again. */
static int journal_read_txn(struct store *store, struct conn *conn, struct cursor *cursor, bool open)
{
    uint32_t id = cursor_take_u32(cursor);
    struct txn *txn = journal_find_txn(conn, id);

    if (cursor->bad || (open && txn)) {
        return EINVAL;
    }
    if (!open) {
        if (txn) {
            store_drop_txn(store, conn, txn);
        }
        return 0;
    }
    txn = txn_new(id, &store->tree);
    if (!txn) {
        return ENOMEM;
    }
    txn->lost = true;
    txn->next = conn->txns;
    conn->txns = txn;
    conn->txn_count++;
    store->txn_count++;
    conn->last_txn_id = id;
    return 0;
}

static int journal_read_input(const struct journal_reader *reader, struct conn *conn, struct cursor *cursor)
{
    uint32_t req_cons = cursor_take_u32(cursor);

    conn_input_done(conn);
    while (!cursor->bad && cursor->left > 0) {
        uint32_t wanted = conn_input_wanted(conn);

        if (wanted == 0 || conn->failed) {
            return EINVAL;
        }
        wanted = wanted < cursor->left ? wanted : (uint32_t)cursor->left;
        memcpy(conn_input_place(conn), cursor_take(cursor, wanted), wanted);
        conn_input_came(conn, wanted);
    }
    reader->input(reader->context, conn, req_cons);
    return cursor->bad ? EINVAL : 0;
}

static int journal_read_reset(struct store *store, struct conn *conn)
{
    watch_remove_all(&store->watches, conn);
    while (conn->txns) {
        store_drop_txn(store, conn, conn->txns);
    }
    return 0;
}

static struct conn *journal_find_conn(const struct store *store, uint16_t domid)
{
    struct conn *conn = store->conns;

    while (conn && !(conn->is_domain && conn->subject.domid == domid)) {
        conn = conn->next;
    }
    return conn;
}

static int journal_read_of_conn(const struct journal_reader *reader, const struct journal_header *header,
                                struct cursor *cursor)
{
    struct conn *conn = journal_find_conn(reader->store, header->domid);

    if (!conn) {
        return EINVAL;
    }
    switch (header->type) {
    case JOURNAL_WATCH:
    case JOURNAL_UNWATCH:
        return journal_read_watch(reader->store, conn, cursor, header->type == JOURNAL_WATCH);
    case JOURNAL_TXN:
    case JOURNAL_TXN_GONE:
        return journal_read_txn(reader->store, conn, cursor, header->type == JOURNAL_TXN);
    case JOURNAL_RESET:
        return journal_read_reset(reader->store, conn);
    case JOURNAL_INPUT:
        return journal_read_input(reader, conn, cursor);
    case JOURNAL_OUTPUT:
        return conn_send_raw(conn, cursor->at, cursor->left);
    default:
        return EINVAL;
    }
}

static int journal_read_record(const struct journal_reader *reader, const struct journal_header *header,
                               struct cursor *cursor)
{
    switch (header->type) {
    case JOURNAL_NODE:
        return journal_read_node(reader->store, cursor);
    case JOURNAL_NODE_GONE:
        return journal_read_node_gone(reader->store, cursor);
    case JOURNAL_SPECIAL:
        return journal_read_special(reader->store, cursor);
    case JOURNAL_DOMAIN:
        return journal_read_domain(reader, cursor);
    case JOURNAL_DOMAIN_GONE:
        reader->domain_gone(reader->context, header->domid);
        return 0;
    default:
        return journal_read_of_conn(reader, header, cursor);
    }
}

int journal_read(const struct journal_reader *reader, const char *bytes, size_t length, size_t *used)
{
    size_t at = 0;
    int error = 0;

    while (!error && length - at >= sizeof(struct journal_header)) {
        struct journal_header header;
        struct cursor cursor;

        memcpy(&header, bytes + at, sizeof(header));
        if (header.length < sizeof(header)) {
            return EINVAL;
        }
        if (header.length > length - at) {
            break;
        }
        cursor = (struct cursor){.at = bytes + at + sizeof(header), .left = header.length - sizeof(header)};
        error = journal_read_record(reader, &header, &cursor);
        at += error ? 0 : header.length;
    }
    if (used) {
        *used = at;
    }
    return error ? error : store_recount(reader->store);
}
