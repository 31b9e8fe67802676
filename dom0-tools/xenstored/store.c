/* SPDX-License-Identifier: MIT */
/* The whole store: its tree, who watches it and who is connected. */
#include "xenstored/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/journal.h"
#include "xenstored/path.h"
#include "xenstored/txn.h"

#define STORE_OWNER 0

static int store_make_first_nodes(struct store *store)
{
    static const char *const paths[] = {"/tool", "/tool/xenstored"};
    int error = 0;

    for (size_t i = 0; !error && i < sizeof(paths) / sizeof(paths[0]); i++) {
        error = tree_create(&store->tree, paths[i], store->tree.root->perms);
    }
    return error ? error : store_recount(store);
}

int store_init(struct store *store, const struct quota_limits *limits)
{
    *store = (struct store){.limits = *limits};
    store->watches.limits = &store->limits;
    store->introduce_perms = perms_new(STORE_OWNER, PERM_NONE);
    store->release_perms = perms_new(STORE_OWNER, PERM_NONE);
    if (!store->introduce_perms || !store->release_perms || tree_init(&store->tree, STORE_OWNER) != 0) {
        perms_put(store->introduce_perms);
        perms_put(store->release_perms);
        return ENOMEM;
    }
    return store_make_first_nodes(store);
}

void store_clear(struct store *store)
{
    while (store->conns) {
        store_disconnect(store, store->conns);
    }
    strmap_clear(&store->watches.by_path);
    perms_put(store->introduce_perms);
    perms_put(store->release_perms);
    accounts_clear(&store->accounts);
    tree_clear(&store->tree);
}

struct conn *store_connect(struct store *store, uint16_t domid, bool is_domain)
{
    struct conn *conn = conn_new(domid, is_domain);
    struct conn **tail;

    if (conn) {
        for (tail = &store->conns; *tail; tail = &(*tail)->next) {
        }
        *tail = conn;
    }
    return conn;
}

void store_drop_txn(struct store *store, struct conn *conn, struct txn *txn)
{
    struct txn **link = &conn->txns;

    while (*link != txn) {
        link = &(*link)->next;
    }
    *link = txn->next;
    conn->txn_count--;
    store->txn_count--;
    txn_free(txn);
}

void store_disconnect(struct store *store, struct conn *conn)
{
    struct conn **link = &store->conns;

    watch_remove_all(&store->watches, conn);
    while (conn->txns) {
        store_drop_txn(store, conn, conn->txns);
    }
    if (store->favoured == conn) {
        store->favoured = NULL;
    }
    while (*link != conn) {
        link = &(*link)->next;
    }
    *link = conn->next;
    conn_free(conn);
}

struct perms **store_special_perms(struct store *store, const char *name)
{
    if (!strcmp(name, STORE_INTRODUCE)) {
        return &store->introduce_perms;
    }
    return !strcmp(name, STORE_RELEASE) ? &store->release_perms : NULL;
}

void store_fire_special(struct store *store, const char *name)
{
    struct watch_audience audience = {.perms = {*store_special_perms(store, name)}};

    watch_fire(&store->watches, name, true, &audience);
}

static int store_count_node(void *context, const char *path, const struct node *node)
{
    struct store *store = context;
    struct account *account = accounts_get(&store->accounts, node_owner(node));

    (void)path;
    if (!account) {
        return ENOMEM;
    }
    account->node_count++;
    return 0;
}

int store_recount(struct store *store)
{
    char path[PATH_BUFFER_SIZE] = "/";

    accounts_reset_counts(&store->accounts);
    return node_walk(store->tree.root, path, store_count_node, store);
}

/* What store_forget_domain carries through the tree. */
struct store_forgetting {
    struct store *store;
    uint16_t domid;
};

static int store_forget_node(struct store *store, const char *path, const struct node *node)
{
    const struct node *parent = tree_find_prefix(&store->tree, path, path_parent_length(path));
    struct watch_audience audience = {.perms = {node->perms, parent ? parent->perms : NULL}};
    int error = tree_remove(&store->tree, path);

    if (!error) {
        journal_node(store->journal, path, NULL);
        watch_fire(&store->watches, path, false, &audience);
    }
    return error == ENOENT ? 0 : error;
}

static int store_forget_mention(struct store *store, const char *path, const struct node *node,
                                uint16_t domid)
{
    struct perms *perms;
    int error;

    if (!tree_find(&store->tree, path)) {
        return 0;
    }
    perms = perms_without(node->perms, domid);
    if (!perms) {
        return ENOMEM;
    }
    error = tree_set_perms(&store->tree, path, perms);
    perms_put(perms);
    if (!error) {
        journal_node(store->journal, path, tree_find(&store->tree, path));
    }
    return error;
}

static int store_forget_visit(void *context, const char *path, const struct node *node)
{
    const struct store_forgetting *forgetting = context;

    if (node_owner(node) == forgetting->domid && strcmp(path, "/") != 0) {
        return store_forget_node(forgetting->store, path, node);
    }
    if (perms_mention(node->perms, forgetting->domid)) {
        return store_forget_mention(forgetting->store, path, node, forgetting->domid);
    }
    return 0;
}

int store_forget_domain(struct store *store, uint16_t domid)
{
    struct store_forgetting forgetting = {.store = store, .domid = domid};
    char path[PATH_BUFFER_SIZE] = "/";
    struct tree before;
    int error;

    if (domid == STORE_OWNER) {
        return 0;
    }
    /* The walk goes through the tree as it was, which the changes leave alone. */
    tree_snapshot(&store->tree, &before);
    error = node_walk(before.root, path, store_forget_visit, &forgetting);
    tree_clear(&before);
    accounts_drop(&store->accounts, domid);
    return error ? error : store_recount(store);
}

bool store_may_serve(struct store *store, const struct conn *conn)
{
    return !conn->failed && conn->out_replies < store->limits.outstanding && store_wait(store, conn) == 0;
}

uint64_t store_wait(struct store *store, const struct conn *conn)
{
    struct account *account;

    if (conn->subject.privileged) {
        bool held = store->favoured && store->favoured != conn && store->now_ms < store->favoured_until_ms;

        return held ? store->favoured_until_ms - store->now_ms : 0;
    }
    if (store->favoured && store->now_ms < store->favoured_until_ms) {
        return store->favoured_until_ms - store->now_ms;
    }
    account = store->txn_count ? accounts_get(&store->accounts, conn->subject.domid) : NULL;
    return account ? account_wait(account, store->now_ms) : 0;
}

void store_log(const struct store *store, const char *line)
{
    if (store->log) {
        store->log(line);
    }
}

int store_timeout(struct store *store, const struct conn *conn, int timeout)
{
    uint64_t wait = store_wait(store, conn);

    if (conn->out_replies >= store->limits.outstanding) {
        return timeout;
    }
    return timeout < 0 || wait < (uint64_t)timeout ? (int)wait : timeout;
}
