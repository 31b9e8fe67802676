/* SPDX-License-Identifier: MIT */
/* Watches: who is told when a node or one below it changes. */
#include "xenstored/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/path.h"

/* What a stuck client of domain 0 may leave unread before it is cut off. */
#define WATCH_PRIVILEGED_BYTES (64UL * 1024 * 1024)

struct watch_list {
    struct watch *first;
    char path[];
};

const char *watch_path(const struct watch *watch)
{
    return watch->list->path;
}

static struct watch *watch_find(const struct conn *conn, const char *path, const char *token)
{
    for (struct watch *watch = conn->watches; watch; watch = watch->next_of_conn) {
        if (!strcmp(watch->list->path, path) && !strcmp(watch->token, token)) {
            return watch;
        }
    }
    return NULL;
}

static struct watch_list *watch_list_get(struct watches *watches, const char *path)
{
    size_t length = strlen(path);
    struct watch_list *list = strmap_find(&watches->by_path, path, length);

    if (list) {
        return list;
    }
    list = malloc(sizeof(*list) + length + 1);
    if (list) {
        list->first = NULL;
        memcpy(list->path, path, length + 1);
        if (strmap_add(&watches->by_path, list->path, list) != 0) {
            free(list);
            list = NULL;
        }
    }
    return list;
}

static void watch_list_put(struct watches *watches, struct watch_list *list)
{
    if (!list->first) {
        strmap_remove(&watches->by_path, list->path);
        free(list);
    }
}

int watch_add(struct watches *watches, struct conn *conn, const char *path, const char *token, bool relative)
{
    struct watch *watch, **tail;
    struct watch_list *list;

    if (watch_find(conn, path, token)) {
        return EEXIST;
    }
    if (!conn->subject.privileged && conn->watch_count >= watches->limits->watches) {
        return E2BIG;
    }
    watch = malloc(sizeof(*watch) + strlen(token) + 1);
    list = watch ? watch_list_get(watches, path) : NULL;
    if (!list) {
        free(watch);
        return ENOMEM;
    }
    strcpy(watch->token, token);
    watch->strip = relative ? (uint32_t)path_relative_prefix(conn->subject.domid) : 0;
    watch->conn = conn;
    watch->list = list;
    watch->next_of_path = list->first;
    list->first = watch;
    for (tail = &conn->watches; *tail; tail = &(*tail)->next_of_conn) {
    }
    watch->next_of_conn = NULL;
    *tail = watch;
    conn->watch_count++;
    return 0;
}

static void watch_delete(struct watches *watches, struct watch **of_conn)
{
    struct watch *watch = *of_conn;
    struct watch **of_path = &watch->list->first;

    while (*of_path != watch) {
        of_path = &(*of_path)->next_of_path;
    }
    *of_path = watch->next_of_path;
    *of_conn = watch->next_of_conn;
    watch->conn->watch_count--;
    watch_list_put(watches, watch->list);
    free(watch);
}

int watch_remove(struct watches *watches, struct conn *conn, const char *path, const char *token)
{
    struct watch *watch = watch_find(conn, path, token);
    struct watch **of_conn = &conn->watches;

    if (!watch) {
        return ENOENT;
    }
    while (*of_conn != watch) {
        of_conn = &(*of_conn)->next_of_conn;
    }
    watch_delete(watches, of_conn);
    return 0;
}

void watch_remove_all(struct watches *watches, struct conn *conn)
{
    while (conn->watches) {
        watch_delete(watches, &conn->watches);
    }
}

/* Too much unread: a guest loses the event, a client of domain 0 its connection. */
static bool watch_has_room(const struct watches *watches, struct conn *conn, size_t length)
{
    if (conn->subject.privileged) {
        conn->failed |= conn->out_bytes + length > WATCH_PRIVILEGED_BYTES;
        return !conn->failed;
    }
    if (conn->out_bytes + length > watches->limits->output_bytes) {
        conn->events_dropped = true;
        return false;
    }
    return true;
}

static void watch_send(const struct watches *watches, const struct watch *watch, const char *path)
{
    struct xsd_sockmsg header = {.type = XS_WATCH_EVENT};
    struct conn *conn = watch->conn;
    char payload[XENSTORE_PAYLOAD_MAX];
    size_t path_size, token_size = strlen(watch->token) + 1;

    /* Events of a relative watch lie below its path, but those of the path above it were never asked for. */
    path += watch->strip && strlen(path) >= watch->strip ? watch->strip : 0;
    path_size = strlen(path) + 1;
    if (conn->failed || path_size + token_size > sizeof(payload)) {
        return;
    }
    memcpy(payload, path, path_size);
    memcpy(payload + path_size, watch->token, token_size);
    header.len = (uint32_t)(path_size + token_size);
    if (!conn->subject.privileged && conn_has_event(conn, payload, header.len)) {
        return;
    }
    if (watch_has_room(watches, conn, sizeof(header) + header.len)) {
        conn_send(conn, &header, payload);
    }
}

static bool watch_may_see(const struct conn *conn, const struct watch_audience *audience)
{
    for (size_t i = 0; i < sizeof(audience->perms) / sizeof(audience->perms[0]); i++) {
        if (audience->perms[i] && (perms_allowed(audience->perms[i], &conn->subject) & PERM_READ)) {
            return true;
        }
    }
    return conn->subject.privileged;
}

static void watch_fire_list(const struct watches *watches, const char *path, size_t prefix,
                            const struct watch_audience *audience)
{
    const struct watch_list *list = strmap_find(&watches->by_path, path, prefix);

    for (const struct watch *watch = list ? list->first : NULL; watch; watch = watch->next_of_path) {
        if (watch_may_see(watch->conn, audience)) {
            watch_send(watches, watch, path);
        }
    }
}

void watch_fire(struct watches *watches, const char *path, bool exact, const struct watch_audience *audience)
{
    size_t prefix = strlen(path);

    watch_fire_list(watches, path, prefix, audience);
    while (!exact && path[0] == '/' && prefix > 1) {
        do {
            prefix--;
        } while (path[prefix] != '/');
        prefix += prefix == 0;
        watch_fire_list(watches, path, prefix, audience);
    }
}

void watch_fire_first(struct watches *watches, struct conn *conn, const char *path, const char *token)
{
    const struct watch *watch = watch_find(conn, path, token);

    if (watch) {
        watch_send(watches, watch, path);
    }
}
