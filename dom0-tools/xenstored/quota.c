/* SPDX-License-Identifier: MIT */
/* What each domain has of the store, and how much it may have. */
#include "xenstored/quota.h"

#include <stdlib.h>
#include <string.h>

#define CREDIT_OF_A_WRITE 1000
#define CREDIT_PER_MS     200 /* 200 writes a second */
#define CREDIT_MAX        (10 * CREDIT_OF_A_WRITE)

const struct quota_limits quota_defaults = {
    .nodes = 1000,
    .watches = 128,
    .transactions = 10,
    .value_size = 2048,
    .perms = 5,
    .transaction_nodes = 1024,
    .outstanding = 20,
    .output_bytes = 2 * 1024 * 1024 + 512 * 1024,
};

static const struct {
    const char *name;
    size_t offset;
} quota_names[] = {
    {"nodes", offsetof(struct quota_limits, nodes)},
    {"watches", offsetof(struct quota_limits, watches)},
    {"transactions", offsetof(struct quota_limits, transactions)},
    {"value-size", offsetof(struct quota_limits, value_size)},
    {"node-permissions", offsetof(struct quota_limits, perms)},
    {"transaction-nodes", offsetof(struct quota_limits, transaction_nodes)},
    {"outstanding", offsetof(struct quota_limits, outstanding)},
    {"output-bytes", offsetof(struct quota_limits, output_bytes)},
};

#define QUOTA_COUNT (sizeof(quota_names) / sizeof(quota_names[0]))

uint32_t *quota_find(struct quota_limits *limits, const char *name)
{
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        if (!strcmp(name, quota_names[i].name)) {
            return (uint32_t *)((char *)limits + quota_names[i].offset);
        }
    }
    return NULL;
}

const char *quota_name(size_t index)
{
    return index < QUOTA_COUNT ? quota_names[index].name : NULL;
}

static struct account **accounts_slot(const struct accounts *accounts, uint16_t domid)
{
    struct account **page = accounts->pages[domid / ACCOUNTS_PER_PAGE];

    return page ? &page[domid % ACCOUNTS_PER_PAGE] : NULL;
}

struct account *accounts_get(struct accounts *accounts, uint16_t domid)
{
    struct account ***page = &accounts->pages[domid / ACCOUNTS_PER_PAGE];
    struct account **slot;

    if (!*page) {
        *page = calloc(ACCOUNTS_PER_PAGE, sizeof(**page));
        if (!*page) {
            return NULL;
        }
    }
    slot = accounts_slot(accounts, domid);
    if (!*slot) {
        *slot = calloc(1, sizeof(**slot));
        if (*slot) {
            (*slot)->credit = CREDIT_MAX;
        }
    }
    return *slot;
}

uint32_t accounts_node_count(const struct accounts *accounts, uint16_t domid)
{
    struct account **slot = accounts_slot(accounts, domid);

    return slot && *slot ? (*slot)->node_count : 0;
}

void accounts_reset_counts(struct accounts *accounts)
{
    for (uint32_t domid = 0; domid <= UINT16_MAX; domid++) {
        struct account **slot = accounts_slot(accounts, (uint16_t)domid);

        if (!slot) {
            domid |= ACCOUNTS_PER_PAGE - 1;
        } else if (*slot) {
            (*slot)->node_count = 0;
        }
    }
}

void accounts_drop(struct accounts *accounts, uint16_t domid)
{
    struct account **slot = accounts_slot(accounts, domid);

    if (slot) {
        free(*slot);
        *slot = NULL;
    }
}

void accounts_clear(struct accounts *accounts)
{
    for (uint32_t page = 0; page < ACCOUNTS_PER_PAGE; page++) {
        for (uint32_t i = 0; accounts->pages[page] && i < ACCOUNTS_PER_PAGE; i++) {
            free(accounts->pages[page][i]);
        }
        free(accounts->pages[page]);
        accounts->pages[page] = NULL;
    }
}

static void account_refill(struct account *account, uint64_t now_ms)
{
    uint64_t passed = now_ms - account->credit_time;

    account->credit_time = now_ms;
    /* A debt is never more than one connection's share of a round, far less than this long a pause gives
     * back. */
    if (passed > CREDIT_MAX) {
        account->credit = CREDIT_MAX;
        return;
    }
    account->credit += (int64_t)passed * CREDIT_PER_MS;
    if (account->credit > CREDIT_MAX) {
        account->credit = CREDIT_MAX;
    }
}

void account_pay_write(struct account *account, uint64_t now_ms)
{
    account_refill(account, now_ms);
    account->credit -= CREDIT_OF_A_WRITE;
}

uint64_t account_wait(struct account *account, uint64_t now_ms)
{
    account_refill(account, now_ms);
    return account->credit >= 0 ? 0 : (uint64_t)(-account->credit + CREDIT_PER_MS - 1) / CREDIT_PER_MS;
}
