/* SPDX-License-Identifier: MIT */
/* Transactions: a snapshot to work on, and the set of nodes that were read or written there. */
#include "xenstored/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct txn *txn_new(uint32_t id, const struct tree *store)
{
    struct txn *txn = calloc(1, sizeof(*txn));

    if (txn) {
        txn->id = id;
        tree_snapshot(store, &txn->base);
        tree_snapshot(store, &txn->tree);
    }
    return txn;
}

void txn_free(struct txn *txn)
{
    tree_clear(&txn->base);
    tree_clear(&txn->tree);
    for (uint32_t i = 0; i < txn->access_count; i++) {
        free(txn->accesses[i]);
    }
    free(txn->accesses);
    free(txn->deltas);
    strmap_clear(&txn->by_path);
    free(txn);
}

static int txn_add_access(struct txn *txn, const char *path, uint32_t uses)
{
    struct txn_access *access;
    size_t length = strlen(path);

    if (txn->access_count == txn->access_room) {
        uint32_t room = txn->access_room ? txn->access_room * 2 : 8;
        struct txn_access **accesses = realloc(txn->accesses, room * sizeof(*accesses));

        if (!accesses) {
            return ENOMEM;
        }
        txn->accesses = accesses;
        txn->access_room = room;
    }
    access = malloc(sizeof(*access) + length + 1);
    if (!access) {
        return ENOMEM;
    }
    access->uses = uses;
    memcpy(access->path, path, length + 1);
    if (strmap_add(&txn->by_path, access->path, access) != 0) {
        free(access);
        return ENOMEM;
    }
    txn->accesses[txn->access_count++] = access;
    return 0;
}

int txn_touch(struct txn *txn, const char *path, uint32_t uses, uint32_t limit)
{
    struct txn_access *access = strmap_find(&txn->by_path, path, strlen(path));

    if (!access) {
        return limit && txn->access_count >= limit ? ENOSPC : txn_add_access(txn, path, uses);
    }
    /* An event for the node and all above it includes that for the node alone. */
    if ((uses & TXN_EVENT) && !(uses & TXN_EXACT)) {
        access->uses &= ~(uint32_t)TXN_EXACT;
    } else if (access->uses & TXN_EVENT && !(access->uses & TXN_EXACT)) {
        uses &= ~(uint32_t)TXN_EXACT;
    }
    access->uses |= uses;
    return 0;
}

static struct txn_delta *txn_find_delta(const struct txn *txn, uint16_t domid)
{
    for (uint32_t i = 0; i < txn->delta_count; i++) {
        if (txn->deltas[i].domid == domid) {
            return &txn->deltas[i];
        }
    }
    return NULL;
}

int txn_reserve_count(struct txn *txn, uint16_t domid)
{
    if (txn_find_delta(txn, domid)) {
        return 0;
    }
    if (txn->delta_count == txn->delta_room) {
        uint32_t room = txn->delta_room ? txn->delta_room * 2 : 4;
        struct txn_delta *deltas = realloc(txn->deltas, room * sizeof(*deltas));

        if (!deltas) {
            return ENOMEM;
        }
        txn->deltas = deltas;
        txn->delta_room = room;
    }
    txn->deltas[txn->delta_count++] = (struct txn_delta){.domid = domid};
    return 0;
}

void txn_count_node(struct txn *txn, uint16_t domid, int32_t change)
{
    struct txn_delta *delta = txn_find_delta(txn, domid);

    if (delta) {
        delta->nodes += change;
    }
}

int32_t txn_count_of(const struct txn *txn, uint16_t domid)
{
    const struct txn_delta *delta = txn_find_delta(txn, domid);

    return delta ? delta->nodes : 0;
}

static bool txn_access_fits(const struct txn *txn, const struct txn_access *access, const struct tree *store)
{
    const struct node *before = tree_find(&txn->base, access->path);
    const struct node *now = tree_find(store, access->path);

    if (before == now) {
        return true;
    }
    if (!before || !now) {
        return false;
    }
    if (access->uses & (TXN_READ | TXN_WRITTEN)) {
        return before->generation == now->generation;
    }
    return perms_equal(before->perms, now->perms);
}

bool txn_fits(const struct txn *txn, const struct tree *store)
{
    if (txn->lost) {
        return false;
    }
    for (uint32_t i = 0; txn->base.root != store->root && i < txn->access_count; i++) {
        if (!txn_access_fits(txn, txn->accesses[i], store)) {
            return false;
        }
    }
    return true;
}

static int txn_compare_paths(const void *a, const void *b)
{
    const struct txn_access *const *first = a, *const *second = b;

    return strcmp((*first)->path, (*second)->path);
}

/* Gives one written node in the store the state that it has in the transaction. */
static int txn_apply_one(const struct txn *txn, const char *path, struct tree *store)
{
    const struct node *node = tree_find(&txn->tree, path);
    const struct node *old = tree_find(store, path);
    int error = 0;

    if (!node) {
        return old ? tree_remove(store, path) : 0;
    }
    if (!old) {
        error = tree_create(store, path, node->perms);
    } else if (!perms_equal(old->perms, node->perms)) {
        error = tree_set_perms(store, path, node->perms);
    }
    if (!error && (old || node->value)) {
        error = tree_set_value(store, path, node->value ? node->value->bytes : "", node_value_length(node));
    }
    return error;
}

struct txn_access **txn_written(const struct txn *txn, uint32_t *count)
{
    struct txn_access **written = malloc((txn->access_count + 1) * sizeof(*written));

    if (!written) {
        return NULL;
    }
    *count = 0;
    for (uint32_t i = 0; i < txn->access_count; i++) {
        if (txn->accesses[i]->uses & TXN_WRITTEN) {
            written[(*count)++] = txn->accesses[i];
        }
    }
    qsort(written, *count, sizeof(*written), txn_compare_paths);
    return written;
}

int txn_apply(const struct txn *txn, struct tree *store, struct txn_access *const *written, uint32_t count)
{
    struct tree result;
    int error = 0;

    if (txn->base.root == store->root) {
        tree_snapshot(&txn->tree, &result);
    } else {
        tree_snapshot(store, &result);
        for (uint32_t i = 0; !error && i < count; i++) {
            error = txn_apply_one(txn, written[i]->path, &result);
        }
    }
    if (error) {
        tree_clear(&result);
        return error;
    }
    tree_clear(store);
    *store = result;
    return 0;
}
