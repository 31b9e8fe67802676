/* SPDX-License-Identifier: MIT */
/*
 * The store's nodes. Nodes are shared by counting; a tree changes a node in place while it alone holds it and
 * copies the path to it otherwise, so that a snapshot costs one reference and a change after it costs one
 * path.
 *
 * Invariants: a node that two trees can reach never changes; children are sorted by name; a node's generation
 * is new after each change of its value, its permissions or its set of children, and never that of an earlier
 * state.
 */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "xenstored/perms.h"

/* A node's value, shared by counting like the node. */
struct blob {
    uint32_t refs;
    uint32_t length;
    char bytes[];
};

struct node {
    uint32_t refs;
    uint32_t child_count;
    uint32_t child_room;
    uint64_t generation;
    struct perms *perms;
    struct blob *value; /* NULL: empty */
    struct node **children;
    char name[]; /* "" for the root */
};

struct tree {
    struct node *root;
};

/* Makes a tree of a root alone. Returns 0 or ENOMEM. */
int tree_init(struct tree *tree, uint16_t owner);
void tree_clear(struct tree *tree);

/* Makes `copy` another tree that begins as `tree` is now. Cannot fail. */
void tree_snapshot(const struct tree *tree, struct tree *copy);

/* Finds a node by its absolute path. NULL when it is not there. */
const struct node *tree_find(const struct tree *tree, const char *path);

/* The same for the first `length` bytes of a path. */
const struct node *tree_find_prefix(const struct tree *tree, const char *path, size_t length);

/* The nearest existing ancestor of a path; `length`, unless NULL, gets the length of its path. */
const struct node *tree_find_ancestor(const struct tree *tree, const char *path, size_t *length);

/* Changes. Each returns 0, ENOENT where the node (for tree_create: its parent) is missing, or ENOMEM; then
 * nothing has changed. */
int tree_create(struct tree *tree, const char *path, struct perms *perms);
int tree_set_value(struct tree *tree, const char *path, const void *value, size_t length);
int tree_set_perms(struct tree *tree, const char *path, struct perms *perms);
int tree_remove(struct tree *tree, const char *path); /* with all below; EINVAL for the root */

struct node *node_get(struct node *node);
void node_put(struct node *node);

static inline size_t node_value_length(const struct node *node)
{
    return node->value ? node->value->length : 0;
}

static inline uint16_t node_owner(const struct node *node)
{
    return node->perms->entries[0].domid;
}

/* Calls `visit` for each node below `node` and itself, parents first, with its path: `path` for the node
 * itself. The buffer behind `path` must hold PATH_BUFFER_SIZE bytes and is as before afterwards. Stops at the
 * first visit that returns not 0 and returns that. */
typedef int (*node_visit)(void *context, const char *path, const struct node *node);
int node_walk(const struct node *node, char *path, node_visit visit, void *context);

#endif
