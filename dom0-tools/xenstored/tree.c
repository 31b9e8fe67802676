/* SPDX-License-Identifier: MIT */
/* The store's nodes: shared by counting, changed in place or by copying the path. */
#include "xenstored/tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/path.h"

static uint64_t tree_generation;

static struct blob *blob_new(const void *bytes, size_t length)
{
    struct blob *blob = malloc(sizeof(*blob) + length);

    if (blob) {
        blob->refs = 1;
        blob->length = (uint32_t)length;
        memcpy(blob->bytes, bytes, length);
    }
    return blob;
}

static struct blob *blob_get(struct blob *blob)
{
    if (blob) {
        blob->refs++;
    }
    return blob;
}

static void blob_put(struct blob *blob)
{
    if (blob && --blob->refs == 0) {
        free(blob);
    }
}

static struct node *node_new(const char *name, size_t name_length, struct perms *perms)
{
    struct node *node = calloc(1, sizeof(*node) + name_length + 1);

    if (node) {
        node->refs = 1;
        node->generation = ++tree_generation;
        node->perms = perms_get(perms);
        memcpy(node->name, name, name_length);
    }
    return node;
}

struct node *node_get(struct node *node)
{
    node->refs++;
    return node;
}

/* The depth of this recursion is a path's: at most half of XENSTORE_ABS_PATH_MAX. */
void node_put(struct node *node)
{
    if (!node || --node->refs > 0) {
        return;
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        node_put(node->children[i]);
    }
    free(node->children);
    perms_put(node->perms);
    blob_put(node->value);
    free(node);
}

/* A copy that this tree alone holds; it shares the children, the value and the permissions. */
static struct node *node_clone(const struct node *node)
{
    struct node *copy = node_new(node->name, strlen(node->name), node->perms);

    if (!copy) {
        return NULL;
    }
    copy->generation = node->generation;
    copy->children = malloc((node->child_count + 1) * sizeof(*copy->children));
    if (!copy->children) {
        node_put(copy);
        return NULL;
    }
    copy->value = blob_get(node->value);
    copy->child_room = node->child_count + 1;
    copy->child_count = node->child_count;
    for (uint32_t i = 0; i < node->child_count; i++) {
        copy->children[i] = node_get(node->children[i]);
    }
    return copy;
}

static int node_compare_name(const struct node *node, const char *name, size_t length)
{
    int order = strncmp(node->name, name, length);

    return order ? order : node->name[length] != '\0';
}

/* Where the child stands, or where it would stand. */
static uint32_t node_child_index(const struct node *node, const char *name, size_t length, bool *found)
{
    uint32_t low = 0, high = node->child_count;

    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = node_compare_name(node->children[middle], name, length);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int node_insert(struct node *node, uint32_t index, struct node *child)
{
    if (node->child_count == node->child_room) {
        uint32_t room = node->child_room ? node->child_room * 2 : 4;
        struct node **children = realloc(node->children, room * sizeof(*children));

        if (!children) {
            return ENOMEM;
        }
        node->children = children;
        node->child_room = room;
    }
    memmove(node->children + index + 1, node->children + index,
            (node->child_count - index) * sizeof(*node->children));
    node->children[index] = child;
    node->child_count++;
    node->generation = ++tree_generation;
    return 0;
}

static void node_delete(struct node *node, uint32_t index)
{
    node_put(node->children[index]);
    node->child_count--;
    memmove(node->children + index, node->children + index + 1,
            (node->child_count - index) * sizeof(*node->children));
    node->generation = ++tree_generation;
}

int tree_init(struct tree *tree, uint16_t owner)
{
    struct perms *perms = perms_new(owner, PERM_NONE);

    tree->root = perms ? node_new("", 0, perms) : NULL;
    perms_put(perms);
    return tree->root ? 0 : ENOMEM;
}

void tree_clear(struct tree *tree)
{
    node_put(tree->root);
    tree->root = NULL;
}

void tree_snapshot(const struct tree *tree, struct tree *copy)
{
    copy->root = node_get(tree->root);
}

/* The next name of a path: sets its start and length, returns false at the end. */
static bool tree_next_name(const char **at, const char *end, size_t *length)
{
    while (*at < end && **at == '/') {
        (*at)++;
    }
    if (*at == end) {
        return false;
    }
    const char *slash = memchr(*at, '/', (size_t)(end - *at));

    *length = (size_t)((slash ? slash : end) - *at);
    return true;
}

const struct node *tree_find_prefix(const struct tree *tree, const char *path, size_t length)
{
    const struct node *node = tree->root;
    const char *at = path, *end = path + length;
    size_t name_length;

    while (tree_next_name(&at, end, &name_length)) {
        bool found;
        uint32_t index = node_child_index(node, at, name_length, &found);

        if (!found) {
            return NULL;
        }
        node = node->children[index];
        at += name_length;
    }
    return node;
}

const struct node *tree_find(const struct tree *tree, const char *path)
{
    return tree_find_prefix(tree, path, strlen(path));
}

const struct node *tree_find_ancestor(const struct tree *tree, const char *path, size_t *length)
{
    const struct node *node = tree->root;
    const char *at = path, *end = path + path_parent_length(path);
    size_t name_length, have = 1;

    while (tree_next_name(&at, end, &name_length)) {
        bool found;
        uint32_t index = node_child_index(node, at, name_length, &found);

        if (!found) {
            break;
        }
        node = node->children[index];
        at += name_length;
        have = (size_t)(at - path);
    }
    if (length) {
        *length = have;
    }
    return node;
}

/* Makes the node in a slot this tree's own. NULL without memory. */
static struct node *tree_own_slot(struct node **slot)
{
    if ((*slot)->refs > 1) {
        struct node *copy = node_clone(*slot);

        if (!copy) {
            return NULL;
        }
        node_put(*slot);
        *slot = copy;
    }
    return *slot;
}

/* Makes the node at the path's first `length` bytes, and those above it, this tree's own. */
static int tree_own(struct tree *tree, const char *path, size_t length, struct node **owned)
{
    struct node *node = tree_own_slot(&tree->root);
    const char *at = path, *end = path + length;
    size_t name_length;

    while (node && tree_next_name(&at, end, &name_length)) {
        bool found;
        uint32_t index = node_child_index(node, at, name_length, &found);

        if (!found) {
            return ENOENT;
        }
        node = tree_own_slot(&node->children[index]);
        at += name_length;
    }
    *owned = node;
    return node ? 0 : ENOMEM;
}

int tree_create(struct tree *tree, const char *path, struct perms *perms)
{
    size_t parent_length = path_parent_length(path);
    const char *name = strrchr(path, '/') + 1;
    struct node *parent, *child;
    uint32_t index;
    bool found;
    int error = tree_own(tree, path, parent_length, &parent);

    if (error) {
        return error;
    }
    index = node_child_index(parent, name, strlen(name), &found);
    child = node_new(name, strlen(name), perms);
    if (!child) {
        return ENOMEM;
    }
    error = found ? EEXIST : node_insert(parent, index, child);
    if (error) {
        node_put(child);
    }
    return error;
}

int tree_set_value(struct tree *tree, const char *path, const void *value, size_t length)
{
    struct blob *blob = NULL;
    struct node *node;
    int error;

    if (length > 0) {
        blob = blob_new(value, length);
        if (!blob) {
            return ENOMEM;
        }
    }
    error = tree_own(tree, path, strlen(path), &node);
    if (error) {
        blob_put(blob);
        return error;
    }
    blob_put(node->value);
    node->value = blob;
    node->generation = ++tree_generation;
    return 0;
}

int tree_set_perms(struct tree *tree, const char *path, struct perms *perms)
{
    struct node *node;
    int error = tree_own(tree, path, strlen(path), &node);

    if (error) {
        return error;
    }
    perms_get(perms);
    perms_put(node->perms);
    node->perms = perms;
    node->generation = ++tree_generation;
    return 0;
}

int tree_remove(struct tree *tree, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    struct node *parent;
    uint32_t index;
    bool found;
    int error;

    if (*name == '\0') {
        return EINVAL;
    }
    if (!tree_find(tree, path)) {
        return ENOENT;
    }
    error = tree_own(tree, path, path_parent_length(path), &parent);
    if (error) {
        return error;
    }
    index = node_child_index(parent, name, strlen(name), &found);
    node_delete(parent, index);
    return 0;
}

static int node_walk_from(const struct node *node, char *path, size_t length, node_visit visit, void *context)
{
    int result = visit(context, path, node);

    for (uint32_t i = 0; !result && i < node->child_count; i++) {
        size_t name_length = strlen(node->children[i]->name);
        size_t start = length > 1 ? length : 0;

        path[start] = '/';
        memcpy(path + start + 1, node->children[i]->name, name_length + 1);
        result = node_walk_from(node->children[i], path, start + 1 + name_length, visit, context);
        path[length] = '\0';
    }
    return result;
}

int node_walk(const struct node *node, char *path, node_visit visit, void *context)
{
    return node_walk_from(node, path, strlen(path), visit, context);
}
