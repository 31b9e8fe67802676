/* SPDX-License-Identifier: MIT */
/* What each domain has of the store, and how much it may have. Domain 0 is counted too, and never refused. */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quota_limits {
    uint32_t nodes;             /* nodes that a domain owns */
    uint32_t watches;           /* watches of a domain's connection */
    uint32_t transactions;      /* open transactions of a domain's connection */
    uint32_t value_size;        /* bytes of a node's value */
    uint32_t perms;             /* entries of a node's permissions */
    uint32_t transaction_nodes; /* nodes that one transaction may touch */
    uint32_t outstanding;       /* requests answered but not yet fetched */
    uint32_t output_bytes;      /* replies and events not yet fetched; events beyond are dropped */
};

extern const struct quota_limits quota_defaults;

/* Finds a limit by the name that the command line and the control message use ("nodes", "watches", ...).
 * NULL: none such. */
uint32_t *quota_find(struct quota_limits *limits, const char *name);

/* The name of limit number `index`, NULL behind the last. */
const char *quota_name(size_t index);

struct account {
    uint32_t node_count;
    int64_t
        credit; /* thousandths of a write that the domain may still do while others have transactions open */
    uint64_t credit_time; /* ms, when `credit` was right */
};

/* Found by the two bytes of a domain's number. */
#define ACCOUNTS_PER_PAGE 256
struct accounts {
    struct account **pages[ACCOUNTS_PER_PAGE];
};

/* The domain's account, made when there is none. NULL without memory. */
struct account *accounts_get(struct accounts *accounts, uint16_t domid);

/* The domain's count of nodes. */
uint32_t accounts_node_count(const struct accounts *accounts, uint16_t domid);

/* Sets all counts of nodes to 0. */
void accounts_reset_counts(struct accounts *accounts);

/* Forgets a domain's account. */
void accounts_drop(struct accounts *accounts, uint16_t domid);
void accounts_clear(struct accounts *accounts);

/*
 * A domain that writes while others have transactions open can make them fail again and again. Each such
 * write takes credit, which comes back with time; a domain without credit is not served until it has some.
 */
void account_pay_write(struct account *account, uint64_t now_ms);

/* The milliseconds until the domain may be served again; 0: now. */
uint64_t account_wait(struct account *account, uint64_t now_ms);

#endif
