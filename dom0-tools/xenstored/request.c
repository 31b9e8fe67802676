/* SPDX-License-Identifier: MIT */
/* Requests: from a complete message to its reply. */
#include "xenstored/request.h"

#include <errno.h>
#include <string.h>

typedef int (*request_handler)(const struct request *request);

static const struct {
    request_handler handler;
    bool in_transaction; /* works in one where the message names one; else the id is only echoed */
} request_types[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {op_control, false},
    [XS_DIRECTORY] = {op_directory, true},
    [XS_READ] = {op_read, true},
    [XS_GET_PERMS] = {op_get_perms, true},
    [XS_WATCH] = {op_watch, false},
    [XS_UNWATCH] = {op_unwatch, false},
    [XS_TRANSACTION_START] = {op_transaction_start, true},
    [XS_TRANSACTION_END] = {op_transaction_end, true},
    [XS_INTRODUCE] = {op_introduce, false},
    [XS_RELEASE] = {op_release, false},
    [XS_GET_DOMAIN_PATH] = {op_get_domain_path, false},
    [XS_WRITE] = {op_write, true},
    [XS_MKDIR] = {op_mkdir, true},
    [XS_RM] = {op_rm, true},
    [XS_SET_PERMS] = {op_set_perms, true},
    [XS_IS_DOMAIN_INTRODUCED] = {op_is_domain_introduced, false},
    [XS_RESUME] = {op_resume, false},
    [XS_SET_TARGET] = {op_set_target, false},
    [XS_RESET_WATCHES] = {op_reset_watches, false},
    [XS_DIRECTORY_PART] = {op_directory_part, true},
};

static const char *request_error_name(int error)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == error) {
            return xsd_errors[i].errstring;
        }
    }
    return "EINVAL";
}

static int request_send(const struct request *request, uint32_t type, const void *payload, size_t length)
{
    struct xsd_sockmsg header = request->header;

    header.type = type;
    header.len = (uint32_t)length;
    return conn_send(request->view.conn, &header, payload);
}

int request_reply(const struct request *request, const void *payload, size_t length)
{
    if (length > XENSTORE_PAYLOAD_MAX) {
        return E2BIG;
    }
    return request_send(request, request->header.type, payload, length);
}

int request_reply_string(const struct request *request, const char *string)
{
    return request_reply(request, string, strlen(string) + 1);
}

int request_reply_ok(const struct request *request)
{
    return request_reply_string(request, "OK");
}

int request_strings(const struct request *request, const char **strings, int room)
{
    const char *at = request->payload, *end = request->payload + request->header.len;
    int count = 0;

    if (at == end || end[-1] != '\0') {
        return -1;
    }
    for (; at < end; at += strlen(at) + 1) {
        if (count == room) {
            return -1;
        }
        strings[count++] = at;
    }
    return count;
}

int request_path(const struct request *request, char path[PATH_BUFFER_SIZE])
{
    if (!memchr(request->payload, '\0', request->header.len)) {
        return EINVAL;
    }
    return path_canonicalize(request->view.conn->subject.domid, request->payload, false, path);
}

static struct txn *request_find_txn(const struct conn *conn, uint32_t id)
{
    struct txn *txn = conn->txns;

    while (txn && txn->id != id) {
        txn = txn->next;
    }
    return txn;
}

static int request_handle(struct request *request)
{
    uint32_t type = request->header.type;

    if (type >= XS_TYPE_COUNT || !request_types[type].handler) {
        return ENOSYS;
    }
    if (request_types[type].in_transaction && request->header.tx_id != 0) {
        request->view.txn = request_find_txn(request->view.conn, request->header.tx_id);
        if (!request->view.txn) {
            return ENOENT;
        }
    }
    return request_types[type].handler(request);
}

void request_serve(struct store *store, struct conn *conn)
{
    struct request request = {
        .view = {.store = store, .conn = conn},
        .header = conn->header,
        .payload = conn->payload,
    };
    int error;

    conn->payload[conn->header.len] = '\0';
    error = request_handle(&request);
    if (error) {
        const char *name = request_error_name(error);

        request_send(&request, XS_ERROR, name, strlen(name) + 1);
    }
    conn_input_done(conn);
}
