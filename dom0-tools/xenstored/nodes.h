/* SPDX-License-Identifier: MIT */
/* Nodes as a client sees them: in the store or in its transaction, with its rights and its quota, and with
 * all that follows from a change (watch events, counts, the journal). */
#ifndef XENSTORED_NODES_H
#define XENSTORED_NODES_H

#include <stdint.h>

#include "xenstored/store.h"
#include "xenstored/txn.h"

/* Who works where. */
struct view {
    struct store *store;
    struct conn *conn;
    struct txn *txn; /* NULL: the store itself */
};

/* All paths are absolute and valid. Each function returns 0 or the protocol's errno; after an error nothing
 * has changed. */

/* Finds a node that the client may use in all ways of `need` (perm_bits). ENOENT, or EACCES where the client
 * may not even know. */
int nodes_get(const struct view *view, const char *path, uint8_t need, const struct node **node);

/* Writes a value, making the node and its parents where they are missing. */
int nodes_write(const struct view *view, const char *path, const void *value, size_t length);

/* Makes a node, and its parents, where they are missing. */
int nodes_make(const struct view *view, const char *path);

/* Removes a node and all below it. */
int nodes_remove(const struct view *view, const char *path);

/* Gives a node other permissions. */
int nodes_set_perms(const struct view *view, const char *path, struct perms *perms);

/* Commits a transaction: EAGAIN when another change came in between, ENOSPC when a quota would be exceeded.
 */
int nodes_commit(const struct view *view);

#endif
