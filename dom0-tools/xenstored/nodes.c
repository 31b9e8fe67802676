/* SPDX-License-Identifier: MIT */
/* Nodes as a client sees them, with rights, quotas, events, counts and the journal. */
#include "xenstored/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/journal.h"
#include "xenstored/path.h"

/* A value to be written. */
struct blob_view {
    const void *bytes;
    size_t length;
};

static struct tree *view_tree(const struct view *view)
{
    return view->txn ? &view->txn->tree : &view->store->tree;
}

static int view_touch(const struct view *view, const char *path, uint32_t uses)
{
    uint32_t limit = view->conn->subject.privileged ? 0 : view->store->limits.transaction_nodes;

    return view->txn ? txn_touch(view->txn, path, uses, limit) : 0;
}

/* Makes sure that view_count for this domain cannot fail. */
static int view_reserve_count(const struct view *view, uint16_t domid)
{
    if (view->txn) {
        return txn_reserve_count(view->txn, domid);
    }
    return accounts_get(&view->store->accounts, domid) ? 0 : ENOMEM;
}

static void view_count(const struct view *view, uint16_t domid, int32_t change)
{
    if (view->txn) {
        txn_count_node(view->txn, domid, change);
    } else {
        accounts_get(&view->store->accounts, domid)->node_count += (uint32_t)change;
    }
}

/* Says whether a domain may own `more` nodes more. */
static bool view_has_room(const struct view *view, uint16_t domid, uint32_t more)
{
    int64_t count = accounts_node_count(&view->store->accounts, domid);

    if (view->conn->subject.privileged) {
        return true;
    }
    count += view->txn ? txn_count_of(view->txn, domid) : 0;
    return count + more <= view->store->limits.nodes;
}

/* A write of a guest can make others' transactions fail, and costs it. */
static void view_pay(const struct view *view, uint32_t others)
{
    const struct conn *conn = view->conn;
    struct account *account;

    if (others == 0 || conn->subject.privileged) {
        return;
    }
    account = accounts_get(&view->store->accounts, conn->subject.domid);
    if (account) {
        account_pay_write(account, view->store->now_ms);
    }
}

/* What follows from a change of one node of the store itself. `old_perms`: those that it had, or NULL. */
static void view_changed(const struct view *view, const char *path, bool exact, const struct perms *old_perms)
{
    struct store *store = view->store;
    const struct node *node = tree_find(&store->tree, path);
    const struct node *parent = tree_find_prefix(&store->tree, path, path_parent_length(path));
    struct watch_audience audience = {
        .perms = {node ? node->perms : NULL, old_perms, parent ? parent->perms : NULL},
    };

    watch_fire(&store->watches, path, exact, &audience);
}

int nodes_get(const struct view *view, const char *path, uint8_t need, const struct node **node)
{
    const struct perms_subject *subject = &view->conn->subject;
    const struct node *found = tree_find(view_tree(view), path);
    int error = view_touch(view, path, TXN_READ);

    if (error) {
        return error;
    }
    if (!found) {
        const struct node *ancestor = tree_find_ancestor(view_tree(view), path, NULL);

        return (perms_allowed(ancestor->perms, subject) & need) == need ? ENOENT : EACCES;
    }
    if ((perms_allowed(found->perms, subject) & need) != need) {
        return EACCES;
    }
    *node = found;
    return 0;
}

/* The permissions of a new node: its parent's, but owned by the guest that makes it. */
static struct perms *nodes_inherit(const struct view *view, const struct node *parent)
{
    if (view->conn->subject.privileged || node_owner(parent) == view->conn->subject.domid) {
        return perms_get(parent->perms);
    }
    return perms_with_owner(parent->perms, view->conn->subject.domid);
}

static uint32_t path_count_names(const char *path)
{
    uint32_t count = 0;

    for (; *path; path++) {
        count += *path == '/';
    }
    return count;
}

/* Makes the nodes of a path whose first `have` bytes are there and gives the last one a value. Undoes all
 * when a step fails. */
static int nodes_make_from(const struct view *view, const char *path, size_t have, struct perms *perms,
                           const struct blob_view *value)
{
    struct tree *tree = view_tree(view);
    char part[PATH_BUFFER_SIZE], first[PATH_BUFFER_SIZE] = "";
    size_t length = have > 1 ? have : 0;
    int error = 0;

    while (!error && path[length] != '\0') {
        length += 1 + strcspn(path + length + 1, "/");
        memcpy(part, path, length);
        part[length] = '\0';
        error = view_touch(view, part, TXN_WRITTEN);
        if (!error) {
            error = tree_create(tree, part, perms);
        }
        if (!error && first[0] == '\0') {
            strcpy(first, part);
        }
    }
    if (!error && value->length > 0) {
        error = tree_set_value(tree, path, value->bytes, value->length);
    }
    if (error && first[0] != '\0') {
        tree_remove(tree, first);
    }
    return error;
}

static void nodes_journal_from(const struct view *view, const char *path, size_t have)
{
    char part[PATH_BUFFER_SIZE];
    size_t length = have > 1 ? have : 0;

    while (!view->txn && path[length] != '\0') {
        length += 1 + strcspn(path + length + 1, "/");
        memcpy(part, path, length);
        part[length] = '\0';
        journal_node(view->store->journal, part, tree_find(&view->store->tree, part));
    }
}

/* Makes a node that is missing, with the parents that are missing, and gives it a value. */
static int nodes_make_new(const struct view *view, const char *path, const struct blob_view *value)
{
    size_t have;
    const struct node *ancestor = tree_find_ancestor(view_tree(view), path, &have);
    uint32_t more = path_count_names(path + (have > 1 ? have : 0));
    struct perms *perms = nodes_inherit(view, ancestor);
    char ancestor_path[PATH_BUFFER_SIZE];
    uint16_t owner;
    int error;

    if (!perms) {
        return ENOMEM;
    }
    memcpy(ancestor_path, path, have);
    ancestor_path[have] = '\0';
    owner = perms->entries[0].domid;
    error = view_has_room(view, view->conn->subject.domid, more) ? 0 : ENOSPC;
    error = error ? error : view_touch(view, ancestor_path, TXN_PARENT);
    error = error ? error : view_reserve_count(view, owner);
    error = error ? error : nodes_make_from(view, path, have, perms, value);
    perms_put(perms);
    if (!error) {
        view_count(view, owner, (int32_t)more);
        nodes_journal_from(view, path, have);
    }
    return error;
}

/* The last step of a change: notes the event in the transaction, or makes what follows happen. */
static void nodes_finish(const struct view *view, const char *path, const struct perms *old_perms)
{
    if (view->txn) {
        view_touch(view, path, TXN_WRITTEN | TXN_EVENT);
        return;
    }
    view_pay(view, view->store->txn_count);
    view_changed(view, path, false, old_perms);
}

int nodes_write(const struct view *view, const char *path, const void *value, size_t length)
{
    const struct node *node;
    int error;

    if (!view->conn->subject.privileged && length > view->store->limits.value_size) {
        return ENOSPC;
    }
    error = nodes_get(view, path, PERM_WRITE, &node);
    if (error == ENOENT) {
        error = nodes_make_new(view, path, &(struct blob_view){value, length});
    } else if (!error) {
        error = tree_set_value(view_tree(view), path, value, length);
        if (!error && !view->txn) {
            journal_node(view->store->journal, path, tree_find(&view->store->tree, path));
        }
    }
    if (!error) {
        nodes_finish(view, path, NULL);
    }
    return error;
}

int nodes_make(const struct view *view, const char *path)
{
    const struct node *node;
    int error = nodes_get(view, path, PERM_WRITE, &node);

    if (error != ENOENT) {
        return error;
    }
    error = nodes_make_new(view, path, &(struct blob_view){NULL, 0});
    if (!error) {
        nodes_finish(view, path, NULL);
    }
    return error;
}

/* What walks over the nodes to be removed: the view, and the path at which the walk began. */
struct removal {
    const struct view *view;
    const char *root;
};

static int nodes_prepare_removal(void *context, const char *path, const struct node *node)
{
    const struct removal *removal = context;
    int error = view_touch(removal->view, path, TXN_WRITTEN);

    return error ? error : view_reserve_count(removal->view, node_owner(node));
}

static int nodes_note_removal(void *context, const char *path, const struct node *node)
{
    const struct removal *removal = context;
    const struct view *view = removal->view;
    bool exact = strcmp(path, removal->root) != 0;

    view_count(view, node_owner(node), -1);
    if (view->txn) {
        view_touch(view, path, TXN_WRITTEN | TXN_EVENT | (exact ? TXN_EXACT : 0));
    } else {
        view_changed(view, path, exact, node->perms);
    }
    return 0;
}

static int nodes_remove_found(const struct view *view, const char *path, struct node *node)
{
    struct removal removal = {.view = view, .root = path};
    char walked[PATH_BUFFER_SIZE];
    int error;

    strcpy(walked, path);
    error = node_walk(node, walked, nodes_prepare_removal, &removal);
    if (!error) {
        error = tree_remove(view_tree(view), path);
    }
    if (error) {
        return error;
    }
    if (!view->txn) {
        journal_node(view->store->journal, path, NULL);
        view_pay(view, view->store->txn_count);
    }
    return node_walk(node, walked, nodes_note_removal, &removal);
}

int nodes_remove(const struct view *view, const char *path)
{
    const struct node *node, *parent;
    struct node *held;
    int error;

    if (!strcmp(path, "/")) {
        return EINVAL;
    }
    error = nodes_get(view, path, PERM_WRITE, &node);
    if (error == ENOENT) {
        parent = tree_find_prefix(view_tree(view), path, path_parent_length(path));
        return parent ? 0 : ENOENT;
    }
    if (error) {
        return error;
    }
    held = node_get((struct node *)(uintptr_t)node);
    error = nodes_remove_found(view, path, held);
    node_put(held);
    return error;
}

int nodes_set_perms(const struct view *view, const char *path, struct perms *perms)
{
    const struct perms_subject *subject = &view->conn->subject;
    uint16_t owner = perms->entries[0].domid, old_owner;
    const struct node *node;
    struct perms *old;
    int error;

    if (!subject->privileged && perms->count > view->store->limits.perms) {
        return ENOSPC;
    }
    error = nodes_get(view, path, PERM_WRITE | PERM_OWNER, &node);
    if (error) {
        return error;
    }
    old_owner = node_owner(node);
    if (!subject->privileged && owner != old_owner) {
        return EPERM;
    }
    error = view_reserve_count(view, owner);
    error = error ? error : view_reserve_count(view, old_owner);
    if (error) {
        return error;
    }
    old = perms_get(node->perms);
    error = tree_set_perms(view_tree(view), path, perms);
    if (!error) {
        view_count(view, old_owner, -1);
        view_count(view, owner, 1);
        if (!view->txn) {
            journal_node(view->store->journal, path, tree_find(&view->store->tree, path));
        }
        nodes_finish(view, path, old);
    }
    perms_put(old);
    return error;
}

/* Checks the quota of every owner whose count the transaction raised. */
static int nodes_check_deltas(const struct view *view)
{
    const struct txn *txn = view->txn;

    for (uint32_t i = 0; i < txn->delta_count; i++) {
        const struct txn_delta *delta = &txn->deltas[i];

        if (!accounts_get(&view->store->accounts, delta->domid)) {
            return ENOMEM;
        }
        if (delta->nodes > 0 && !view_has_room(view, delta->domid, 0)) {
            return ENOSPC;
        }
    }
    return 0;
}

static void nodes_journal_commit(const struct view *view, struct txn_access *const *written, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *path = written[i]->path;

        journal_node(view->store->journal, path, tree_find(&view->store->tree, path));
    }
}

static void nodes_fire_commit(const struct view *view, const struct tree *before)
{
    const struct txn *txn = view->txn;

    for (uint32_t i = 0; i < txn->access_count; i++) {
        const struct txn_access *access = txn->accesses[i];
        const struct node *old = tree_find(before, access->path);

        if (access->uses & TXN_EVENT) {
            view_changed(view, access->path, access->uses & TXN_EXACT, old ? old->perms : NULL);
        }
    }
}

/* The commit itself, of a transaction that fits and may. */
static int nodes_commit_written(const struct view *view, struct txn_access *const *written, uint32_t count)
{
    struct store *store = view->store;
    const struct txn *txn = view->txn;
    struct tree before;
    int error;

    tree_snapshot(&store->tree, &before);
    error = txn_apply(txn, &store->tree, written, count);
    if (!error) {
        for (uint32_t i = 0; i < txn->delta_count; i++) {
            accounts_get(&store->accounts, txn->deltas[i].domid)->node_count +=
                (uint32_t)txn->deltas[i].nodes;
        }
        view_pay(view, count ? store->txn_count - 1 : 0);
        nodes_journal_commit(view, written, count);
        nodes_fire_commit(view, &before);
    }
    tree_clear(&before);
    return error;
}

int nodes_commit(const struct view *view)
{
    struct txn_access **written;
    uint32_t count;
    int error;

    if (!txn_fits(view->txn, &view->store->tree)) {
        return EAGAIN;
    }
    error = nodes_check_deltas(view);
    if (error) {
        return error;
    }
    written = txn_written(view->txn, &count);
    if (!written) {
        return ENOMEM;
    }
    error = nodes_commit_written(view, written, count);
    free(written);
    return error;
}
