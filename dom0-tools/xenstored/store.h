/* SPDX-License-Identifier: MIT */
/* The whole store: its tree, who watches it, who is connected, and what else the requests' handlers need. No
 * input or output. */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "xenstored/conn.h"
#include "xenstored/quota.h"
#include "xenstored/tree.h"
#include "xenstored/watch.h"

struct journal;

#define STORE_INTRODUCE "@introduceDomain"
#define STORE_RELEASE   "@releaseDomain"

/* What requests about domains need from the daemon; each returns 0 or an errno. */
struct store_domains {
    int (*introduce)(void *context, uint16_t domid, uint64_t mfn, uint32_t port);
    int (*release)(void *context, uint16_t domid);
    int (*resume)(void *context, uint16_t domid);
    int (*set_target)(void *context, uint16_t domid, uint16_t target);
    bool (*is_introduced)(void *context, uint16_t domid);
};

struct store {
    struct tree tree;
    struct watches watches;
    struct perms *introduce_perms; /* who may see the special watches' events */
    struct perms *release_perms;
    struct accounts accounts;
    struct quota_limits limits;
    struct conn *conns;
    uint32_t txn_count; /* open ones, of all connections */
    uint64_t now_ms;
    struct conn *favoured;      /* its transactions failed so often that the others wait, */
    uint64_t favoured_until_ms; /* but not longer than this */
    struct journal *journal;    /* NULL: nothing is kept */
    const struct store_domains *domains;
    void *domains_context;
    void (*log)(const char *line); /* NULL: nobody reads */
};

/* Makes an empty store with the nodes that every store has. Returns 0 or ENOMEM. */
int store_init(struct store *store, const struct quota_limits *limits);
void store_clear(struct store *store);

/* Adds a connection; removes it with its watches and transactions, and frees it. */
struct conn *store_connect(struct store *store, uint16_t domid, bool is_domain);
void store_disconnect(struct store *store, struct conn *conn);

/* The permissions of a special watch; NULL for a name that is none. */
struct perms **store_special_perms(struct store *store, const char *name);

/* Tells the watches of a special name. */
void store_fire_special(struct store *store, const char *name);

/* Removes what is left of a domain that is gone: the nodes that it owned, its mention in others' permissions,
 * its account. Its number may soon be another's. Returns 0 or ENOMEM. */
int store_forget_domain(struct store *store, uint16_t domid);

/* Counts the nodes of each owner anew. */
int store_recount(struct store *store);

/* Says whether the connection's next request may be served now. */
bool store_may_serve(struct store *store, const struct conn *conn);

/* The milliseconds until a connection that store_may_serve held back may be served. */
uint64_t store_wait(struct store *store, const struct conn *conn);

/* Puts a line into the daemon's log. */
void store_log(const struct store *store, const char *line);

/* The shorter of `timeout` (ms; -1: none) and the time until the connection's complete request can be served.
 * A request that waits for the client to fetch replies sets none. */
int store_timeout(struct store *store, const struct conn *conn, int timeout);

/* Ends one transaction of a connection, without a commit. */
void store_drop_txn(struct store *store, struct conn *conn, struct txn *txn);

#endif
