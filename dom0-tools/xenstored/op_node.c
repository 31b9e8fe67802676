/* SPDX-License-Identifier: MIT */
/* Requests about nodes: DIRECTORY, READ, WRITE, MKDIR, RM and the permissions. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/journal.h"
#include "xenstored/request.h"

/* Finds the node that the payload names and that the client may read. */
static int op_find(const struct request *request, const struct node **node)
{
    char path[PATH_BUFFER_SIZE];
    int error = request_path(request, path);

    return error ? error : nodes_get(&request->view, path, PERM_READ, node);
}

/* Copies the part of the children's names, each with its NUL, that lies in [offset, offset + room), as whole
 * names. Returns the length of that part; *total gets the length of all. */
static size_t op_names(const struct node *node, size_t offset, char *out, size_t room, size_t *total)
{
    size_t at = 0, used = 0;
    bool full = false;

    for (uint32_t i = 0; i < node->child_count; i++) {
        const char *name = node->children[i]->name;
        size_t length = strlen(name) + 1;
        size_t skip = at < offset ? offset - at : 0;

        if (skip < length && !full) {
            full = used + length - skip > room;
            if (!full) {
                memcpy(out + used, name + skip, length - skip);
                used += length - skip;
            }
        }
        at += length;
    }
    *total = at;
    return used;
}

int op_directory(const struct request *request)
{
    char names[XENSTORE_PAYLOAD_MAX];
    const struct node *node;
    size_t used, total;
    int error = op_find(request, &node);

    if (error) {
        return error;
    }
    used = op_names(node, 0, names, sizeof(names), &total);
    return used == total ? request_reply(request, names, used) : E2BIG;
}

/* The reply is the node's generation, then names from an offset on; an empty name after the last one. */
int op_directory_part(const struct request *request)
{
    char reply[XENSTORE_PAYLOAD_MAX];
    const char *strings[2];
    const struct node *node;
    size_t offset, used, names, total;
    char *end;
    int error;

    if (request_strings(request, strings, 2) != 2) {
        return EINVAL;
    }
    offset = strtoul(strings[1], &end, 10);
    if (end == strings[1] || *end != '\0') {
        return EINVAL;
    }
    error = op_find(request, &node);
    if (error) {
        return error;
    }
    used = (size_t)snprintf(reply, sizeof(reply), "%" PRIu64, node->generation) + 1;
    names = op_names(node, offset, reply + used, sizeof(reply) - used - 1, &total);
    used += names;
    if (offset >= total || offset + names == total) {
        reply[used++] = '\0';
    }
    return request_reply(request, reply, used);
}

int op_read(const struct request *request)
{
    const struct node *node;
    int error = op_find(request, &node);

    if (error) {
        return error;
    }
    return request_reply(request, node->value ? node->value->bytes : "", node_value_length(node));
}

int op_write(const struct request *request)
{
    size_t name_size = strnlen(request->payload, request->header.len) + 1;
    char path[PATH_BUFFER_SIZE];
    int error = request_path(request, path);

    if (error) {
        return error;
    }
    error = nodes_write(&request->view, path, request->payload + name_size, request->header.len - name_size);
    return error ? error : request_reply_ok(request);
}

int op_mkdir(const struct request *request)
{
    char path[PATH_BUFFER_SIZE];
    int error = request_path(request, path);

    error = error ? error : nodes_make(&request->view, path);
    return error ? error : request_reply_ok(request);
}

int op_rm(const struct request *request)
{
    char path[PATH_BUFFER_SIZE];
    int error = request_path(request, path);

    error = error ? error : nodes_remove(&request->view, path);
    return error ? error : request_reply_ok(request);
}

int op_get_perms(const struct request *request)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct perms **special = store_special_perms(request->view.store, request->payload);
    const struct perms *perms;
    const struct node *node;
    size_t length;

    if (special && request->view.conn->subject.privileged) {
        perms = *special;
    } else {
        int error = op_find(request, &node);

        if (error) {
            return error;
        }
        perms = node->perms;
    }
    length = perms_format(perms, text, sizeof(text));
    return length <= sizeof(text) ? request_reply(request, text, length) : E2BIG;
}

static int op_set_special_perms(const struct request *request, struct perms **place, struct perms *perms)
{
    if (!request->view.conn->subject.privileged) {
        return EACCES;
    }
    perms_put(*place);
    *place = perms_get(perms);
    journal_special(request->view.store->journal, request->payload, perms);
    return 0;
}

int op_set_perms(const struct request *request)
{
    size_t name_size = strnlen(request->payload, request->header.len) + 1;
    struct perms **special = store_special_perms(request->view.store, request->payload);
    char path[PATH_BUFFER_SIZE];
    struct perms *perms;
    int error;

    if (name_size >= request->header.len) {
        return EINVAL;
    }
    error = perms_parse(request->payload + name_size, request->header.len - name_size, &perms);
    if (error) {
        return error;
    }
    if (special) {
        error = op_set_special_perms(request, special, perms);
    } else {
        error = request_path(request, path);
        error = error ? error : nodes_set_perms(&request->view, path, perms);
    }
    perms_put(perms);
    return error ? error : request_reply_ok(request);
}
