/* SPDX-License-Identifier: MIT */
/* Watches: who is told when a node or one below it changes. Indexed by path, so that an event costs a path's
 * depth. */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "xenstored/conn.h"
#include "xenstored/quota.h"
#include "xenstored/strmap.h"

struct watch_list;

struct watch {
    struct watch *next_of_conn;
    struct watch *next_of_path;
    struct watch_list *list;
    struct conn *conn;
    uint32_t strip; /* bytes of an event's path that the client did not give: its path was relative */
    char token[];
};

struct watches {
    struct strmap by_path; /* of struct watch_list */
    const struct quota_limits *limits;
};

/* Adds a watch of an absolute or special path. Returns 0, EEXIST for the same path and token again, E2BIG
 * when the domain has too many, or ENOMEM. */
int watch_add(struct watches *watches, struct conn *conn, const char *path, const char *token, bool relative);

/* Removes a watch. Returns 0 or ENOENT. */
int watch_remove(struct watches *watches, struct conn *conn, const char *path, const char *token);

/* Removes all watches of a connection. */
void watch_remove_all(struct watches *watches, struct conn *conn);

const char *watch_path(const struct watch *watch);

/* Who may see an event: those that one of these lists lets read; NULL entries are skipped. */
struct watch_audience {
    const struct perms *perms[3];
};

/* Tells the watches of `path`, and unless `exact` those of every path above, that it changed. */
void watch_fire(struct watches *watches, const char *path, bool exact, const struct watch_audience *audience);

/* Tells one watch, whoever may see it: the first event of a new watch. */
void watch_fire_first(struct watches *watches, struct conn *conn, const char *path, const char *token);

#endif
