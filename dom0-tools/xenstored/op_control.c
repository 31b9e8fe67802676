/* SPDX-License-Identifier: MIT */
/* CONTROL: what an administrator asks of the daemon itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/request.h"

#define OP_CONTROL_ARGUMENTS 8

static int op_control_help(const struct request *request)
{
    return request_reply_string(request, "check: count the nodes again and compare\n"
                                         "help\n"
                                         "print STRING: into the log\n"
                                         "quota [set NAME VALUE]: show or change the limits of a domain\n"
                                         "quota DOMID: show what a domain has\n");
}

static int op_control_print(const struct request *request, const char *const *arguments, int count)
{
    if (count != 2) {
        return EINVAL;
    }
    store_log(request->view.store, arguments[1]);
    return request_reply_ok(request);
}

/* Compares the counts of nodes with the tree; afterwards they are right. */
static int op_control_check(const struct request *request)
{
    struct store *store = request->view.store;
    static uint32_t before[UINT16_MAX + 1];
    uint32_t wrong = 0;
    char text[64];

    for (uint32_t domid = 0; domid <= UINT16_MAX; domid++) {
        before[domid] = accounts_node_count(&store->accounts, (uint16_t)domid);
    }
    if (store_recount(store) != 0) {
        return ENOMEM;
    }
    for (uint32_t domid = 0; domid <= UINT16_MAX; domid++) {
        wrong += before[domid] != accounts_node_count(&store->accounts, (uint16_t)domid);
    }
    snprintf(text, sizeof(text), wrong ? "%u counts were wrong\n" : "OK", wrong);
    return request_reply_string(request, text);
}

static int op_control_quota_show(const struct request *request)
{
    struct quota_limits limits = request->view.store->limits;
    char text[1024];
    size_t used = 0;

    for (size_t i = 0; quota_name(i) && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-20s %8u\n", quota_name(i),
                                 *quota_find(&limits, quota_name(i)));
    }
    return request_reply_string(request, text);
}

static int op_control_quota_set(const struct request *request, const char *name, const char *value)
{
    uint32_t *limit = quota_find(&request->view.store->limits, name);
    char *end;
    unsigned long number = strtoul(value, &end, 10);

    if (!limit || end == value || *end != '\0' || number == 0 || number > INT32_MAX) {
        return EINVAL;
    }
    *limit = (uint32_t)number;
    return request_reply_ok(request);
}

static int op_control_quota_domain(const struct request *request, const char *domid)
{
    const struct store *store = request->view.store;
    char *end, text[160];
    unsigned long number = strtoul(domid, &end, 10);
    uint32_t watches = 0, transactions = 0;
    size_t bytes = 0;

    if (end == domid || *end != '\0' || number > UINT16_MAX) {
        return EINVAL;
    }
    for (const struct conn *conn = store->conns; conn; conn = conn->next) {
        if (conn->subject.domid == number) {
            watches += conn->watch_count;
            transactions += conn->txn_count;
            bytes += conn->out_bytes;
        }
    }
    snprintf(text, sizeof(text), "%-20s %8u\n%-20s %8u\n%-20s %8u\n%-20s %8zu\n", "nodes",
             accounts_node_count(&store->accounts, (uint16_t)number), "watches", watches, "transactions",
             transactions, "output-bytes", bytes);
    return request_reply_string(request, text);
}

static int op_control_quota(const struct request *request, const char *const *arguments, int count)
{
    if (count == 1) {
        return op_control_quota_show(request);
    }
    if (count == 2) {
        return op_control_quota_domain(request, arguments[1]);
    }
    if (count == 4 && !strcmp(arguments[1], "set")) {
        return op_control_quota_set(request, arguments[2], arguments[3]);
    }
    return EINVAL;
}

int op_control(const struct request *request)
{
    const char *arguments[OP_CONTROL_ARGUMENTS];
    int count = request_strings(request, arguments, OP_CONTROL_ARGUMENTS);

    if (!request->view.conn->subject.privileged) {
        return EACCES;
    }
    if (count < 1) {
        return EINVAL;
    }
    if (!strcmp(arguments[0], "help")) {
        return op_control_help(request);
    }
    if (!strcmp(arguments[0], "print")) {
        return op_control_print(request, arguments, count);
    }
    if (!strcmp(arguments[0], "check")) {
        return op_control_check(request);
    }
    return !strcmp(arguments[0], "quota") ? op_control_quota(request, arguments, count) : EINVAL;
}
