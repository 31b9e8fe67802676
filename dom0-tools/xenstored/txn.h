/* SPDX-License-Identifier: MIT */
/*
 * Transactions: a snapshot to work on, and the set of nodes that were read or written there.
 *
 * A commit succeeds when each of those nodes is in the store as it was in the snapshot: by generation where
 * its content was used, by existence and permissions where only a child was made below it. Then the written
 * nodes' final states go into the store.
 */
#ifndef XENSTORED_TXN_H
#define XENSTORED_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "xenstored/strmap.h"
#include "xenstored/tree.h"

enum txn_use {
    TXN_READ = 1,    /* its content was used */
    TXN_PARENT = 2,  /* a child was made below it */
    TXN_WRITTEN = 4, /* it was made, changed or removed */
    TXN_EVENT = 8,   /* its watches are to be told, */
    TXN_EXACT = 16,  /* and only its own */
};

struct txn_access {
    uint32_t uses; /* a set of txn_use */
    char path[];
};

struct txn_delta {
    uint16_t domid;
    int32_t nodes;
};

struct txn {
    struct txn *next; /* of its connection */
    uint32_t id;
    bool lost;        /* its snapshot did not survive a restart: the commit must fail */
    struct tree base; /* the store when it began */
    struct tree tree; /* the store as it sees it */
    struct strmap by_path;
    struct txn_access **accesses; /* in the order of first use */
    uint32_t access_count;
    uint32_t access_room;
    struct txn_delta *deltas; /* how it changed each owner's count of nodes */
    uint32_t delta_count;
    uint32_t delta_room;
};

/* Begins a transaction on the store as it is. NULL without memory. */
struct txn *txn_new(uint32_t id, const struct tree *store);
void txn_free(struct txn *txn);

/* Notes that a node is used. Returns 0, ENOSPC when it would be the (limit + 1)st one (0: no limit), or
 * ENOMEM. */
int txn_touch(struct txn *txn, const char *path, uint32_t uses, uint32_t limit);

/* Makes room so that the next txn_count_node of a domain cannot fail. Returns 0 or ENOMEM. */
int txn_reserve_count(struct txn *txn, uint16_t domid);

/* Notes that a domain owns `change` nodes more. */
void txn_count_node(struct txn *txn, uint16_t domid, int32_t change);

/* The change of a domain's count so far. */
int32_t txn_count_of(const struct txn *txn, uint16_t domid);

/* Says whether it can be committed to `store`. */
bool txn_fits(const struct txn *txn, const struct tree *store);

/* The nodes that it wrote, each parent before its children: an allocated array. NULL without memory. */
struct txn_access **txn_written(const struct txn *txn, uint32_t *count);

/* Puts what it wrote (txn_written's array) into `store`. Call only after txn_fits said so. Returns 0, or
 * ENOMEM; then `store` is unchanged. */
int txn_apply(const struct txn *txn, struct tree *store, struct txn_access *const *written, uint32_t count);

#endif
