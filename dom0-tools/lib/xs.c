/* SPDX-License-Identifier: MIT */
/* A client of xenstore over the daemon's socket: one connection, requests answered in order, watch events
 * kept apart. */
#include "lib/xs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "pvabi/io/xs_wire.h"

#define XS_VECTORS_MAX 8

struct xs_event {
    struct xs_event *next;
    char *token; /* inside path's allocation */
    char path[];
};

struct xs_client {
    int fd;
    uint32_t request_id;
    struct xs_event *first_event;
    struct xs_event **last_event;
};

/* One request: its type, its transaction and the pieces of its payload. */
struct xs_request {
    uint32_t type;
    uint32_t tx;
    size_t count;
    struct iovec vectors[XS_VECTORS_MAX];
};

/* A message from the daemon; the payload is allocated and has a NUL after it. */
struct xs_message {
    struct xsd_sockmsg header;
    char *payload;
};

static int xs_connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int xs_connect(void)
{
    const char *named = getenv("XENSTORED_PATH");
    int fd = -1;

    if (named) {
        return xs_connect_path(named);
    }
    fd = xs_connect_path("/run/xenstored/socket");
    return fd >= 0 ? fd : xs_connect_path("/var/run/xenstored/socket");
}

struct xs_client *xs_open(struct pv_error *error)
{
    struct xs_client *xs = calloc(1, sizeof(*xs));

    if (!xs) {
        pv_error_errno(error, ENOMEM, "xenstore");
        return NULL;
    }
    xs->last_event = &xs->first_event;
    xs->fd = xs_connect();
    if (xs->fd < 0) {
        pv_error_errno(error, errno, "no connection to xenstore (is parvis-xenstored running?)");
        pv_error_class(error, PV_ERROR_NO_HOST);
        free(xs);
        return NULL;
    }
    return xs;
}

void xs_close(struct xs_client *xs)
{
    if (!xs) {
        return;
    }
    while (xs->first_event) {
        struct xs_event *event = xs->first_event;

        xs->first_event = event->next;
        free(event);
    }
    close(xs->fd);
    free(xs);
}

int xs_fd(const struct xs_client *xs)
{
    return xs->fd;
}

static int xs_read_exactly(int fd, void *buffer, size_t length)
{
    char *at = buffer;

    while (length > 0) {
        ssize_t got = read(fd, at, length);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got ? errno : ECONNRESET;
            return -1;
        }
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

static int xs_receive(struct xs_client *xs, struct xs_message *message, struct pv_error *error)
{
    if (xs_read_exactly(xs->fd, &message->header, sizeof(message->header)) != 0) {
        return pv_error_errno(error, errno, "xenstore");
    }
    if (message->header.len > XENSTORE_PAYLOAD_MAX) {
        return pv_error_errno(error, EPROTO, "xenstore");
    }
    message->payload = calloc(1, message->header.len + 1);
    if (!message->payload) {
        return pv_error_errno(error, ENOMEM, "xenstore");
    }
    if (xs_read_exactly(xs->fd, message->payload, message->header.len) != 0) {
        free(message->payload);
        return pv_error_errno(error, errno, "xenstore");
    }
    return 0;
}

static int xs_keep_event(struct xs_client *xs, const struct xs_message *message, struct pv_error *error)
{
    size_t length = message->header.len;
    size_t path_length = strlen(message->payload);
    struct xs_event *event;

    if (path_length + 1 >= length) {
        return pv_error_errno(error, EPROTO, "xenstore's watch event");
    }
    event = malloc(sizeof(*event) + length + 1);
    if (!event) {
        return pv_error_errno(error, ENOMEM, "xenstore's watch event");
    }
    memcpy(event->path, message->payload, length + 1);
    event->token = event->path + path_length + 1;
    event->next = NULL;
    *xs->last_event = event;
    xs->last_event = &event->next;
    return 0;
}

static int xs_send(struct xs_client *xs, struct xs_request *request, struct pv_error *error)
{
    struct xsd_sockmsg header = {.type = request->type, .req_id = ++xs->request_id, .tx_id = request->tx};
    struct iovec vectors[XS_VECTORS_MAX + 1] = {{.iov_base = &header, .iov_len = sizeof(header)}};
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = request->count + 1};
    size_t left = sizeof(header);

    for (size_t i = 0; i < request->count; i++) {
        vectors[i + 1] = request->vectors[i];
        left += request->vectors[i].iov_len;
    }
    if (left - sizeof(header) > XENSTORE_PAYLOAD_MAX) {
        return pv_error_errno(error, E2BIG, "xenstore request");
    }
    header.len = (uint32_t)(left - sizeof(header));
    while (left > 0) {
        ssize_t put = sendmsg(xs->fd, &message, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return pv_error_errno(error, errno, "xenstore");
        }
        left -= (size_t)put;
        while (message.msg_iovlen > 0 && (size_t)put >= message.msg_iov->iov_len) {
            put -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + put;
            message.msg_iov->iov_len -= (size_t)put;
        }
    }
    return 0;
}

static int xs_errno_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (!strcmp(name, xsd_errors[i].errstring)) {
            return xsd_errors[i].errnum;
        }
    }
    return EIO;
}

/* Sends a request and waits for its reply, keeping the events that come before it. Returns the reply's
 * payload, allocated, and its length. `what` names the request's object in an error's message. */
static char *xs_ask(struct xs_client *xs, struct xs_request *request, const char *what, size_t *length,
                    struct pv_error *error)
{
    struct xs_message message;

    if (xs_send(xs, request, error) != 0) {
        return NULL;
    }
    for (;;) {
        if (xs_receive(xs, &message, error) != 0) {
            return NULL;
        }
        if (message.header.type != XS_WATCH_EVENT) {
            break;
        }
        int kept = xs_keep_event(xs, &message, error);

        free(message.payload);
        if (kept != 0) {
            return NULL;
        }
    }
    if (message.header.type == XS_ERROR) {
        pv_error_errno(error, xs_errno_by_name(message.payload), "xenstore %s", what);
        free(message.payload);
        return NULL;
    }
    if (message.header.type != request->type || message.header.req_id != xs->request_id) {
        pv_error_errno(error, EPROTO, "xenstore %s", what);
        free(message.payload);
        return NULL;
    }
    if (length) {
        *length = message.header.len;
    }
    return message.payload;
}

static void xs_request_add(struct xs_request *request, const void *data, size_t length)
{
    request->vectors[request->count].iov_base = (void *)(uintptr_t)data;
    request->vectors[request->count].iov_len = length;
    request->count++;
}

static void xs_request_add_string(struct xs_request *request, const char *string)
{
    xs_request_add(request, string, strlen(string) + 1);
}

/* A request of up to two strings (NULL: not there) whose reply says nothing. */
static int xs_order(struct xs_client *xs, uint32_t type, uint32_t tx, const char *first, const char *second,
                    struct pv_error *error)
{
    struct xs_request request = {.type = type, .tx = tx};
    char *reply;

    xs_request_add_string(&request, first);
    if (second) {
        xs_request_add_string(&request, second);
    }
    reply = xs_ask(xs, &request, first, NULL, error);
    free(reply);
    return reply ? 0 : -1;
}

char *xs_read(struct xs_client *xs, uint32_t tx, const char *path, size_t *length, struct pv_error *error)
{
    struct xs_request request = {.type = XS_READ, .tx = tx};

    xs_request_add_string(&request, path);
    return xs_ask(xs, &request, path, length, error);
}

int xs_write(struct xs_client *xs, uint32_t tx, const char *path, const void *value, size_t length,
             struct pv_error *error)
{
    struct xs_request request = {.type = XS_WRITE, .tx = tx};
    char *reply;

    xs_request_add_string(&request, path);
    xs_request_add(&request, value, length);
    reply = xs_ask(xs, &request, path, NULL, error);
    free(reply);
    return reply ? 0 : -1;
}

int xs_write_string(struct xs_client *xs, uint32_t tx, const char *path, const char *value,
                    struct pv_error *error)
{
    return xs_write(xs, tx, path, value, strlen(value), error);
}

int xs_mkdir(struct xs_client *xs, uint32_t tx, const char *path, struct pv_error *error)
{
    return xs_order(xs, XS_MKDIR, tx, path, NULL, error);
}

int xs_rm(struct xs_client *xs, uint32_t tx, const char *path, struct pv_error *error)
{
    return xs_order(xs, XS_RM, tx, path, NULL, error);
}

int xs_set_perms(struct xs_client *xs, uint32_t tx, const char *path, const char *const *perms, size_t count,
                 struct pv_error *error)
{
    struct xs_request request = {.type = XS_SET_PERMS, .tx = tx};
    char *reply;

    if (count > XS_VECTORS_MAX - 1) {
        return pv_error_errno(error, E2BIG, "permissions of %s", path);
    }
    xs_request_add_string(&request, path);
    for (size_t i = 0; i < count; i++) {
        xs_request_add_string(&request, perms[i]);
    }
    reply = xs_ask(xs, &request, path, NULL, error);
    free(reply);
    return reply ? 0 : -1;
}

/* Names that do not fit one reply come in parts, each with the directory's generation: a change starts again.
 */
static char *xs_directory_parts(struct xs_client *xs, uint32_t tx, const char *path, size_t *length,
                                struct pv_error *error)
{
    char generation[32] = "", offset[32];
    char *names = NULL;
    size_t have = 0;

    for (;;) {
        struct xs_request request = {.type = XS_DIRECTORY_PART, .tx = tx};
        size_t got, skip;
        char *part, *grown;

        snprintf(offset, sizeof(offset), "%zu", have);
        xs_request_add_string(&request, path);
        xs_request_add_string(&request, offset);
        part = xs_ask(xs, &request, path, &got, error);
        if (!part) {
            free(names);
            return NULL;
        }
        skip = strlen(part) + 1;
        if (have && strcmp(part, generation) != 0) {
            have = 0;
            free(part);
            continue;
        }
        snprintf(generation, sizeof(generation), "%.31s", part);
        grown = skip <= got ? realloc(names, have + got - skip + 1) : NULL;
        if (!grown) {
            pv_error_errno(error, skip <= got ? ENOMEM : EPROTO, "names below %s", path);
            free(part);
            free(names);
            return NULL;
        }
        names = grown;
        memcpy(names + have, part + skip, got - skip);
        have += got - skip;
        free(part);
        /* An empty name ends the list. */
        if (have < 2 || names[have - 2] == '\0') {
            *length = have ? have - 1 : 0;
            return names;
        }
    }
}

static char **xs_split(const char *names, size_t length, size_t *count)
{
    size_t found = 0, index = 0;
    char **list, *copy;

    for (size_t i = 0; i < length; i++) {
        found += names[i] == '\0';
    }
    list = malloc((found + 1) * sizeof(*list) + length);
    if (!list) {
        return NULL;
    }
    copy = (char *)(list + found + 1);
    memcpy(copy, names, length);
    for (size_t at = 0; index < found; at += strlen(copy + at) + 1) {
        list[index++] = copy + at;
    }
    list[found] = NULL;
    if (count) {
        *count = found;
    }
    return list;
}

char **xs_directory(struct xs_client *xs, uint32_t tx, const char *path, size_t *count,
                    struct pv_error *error)
{
    struct xs_request request = {.type = XS_DIRECTORY, .tx = tx};
    size_t length = 0;
    char *names, **list;

    xs_request_add_string(&request, path);
    names = xs_ask(xs, &request, path, &length, error);
    if (!names && error->number == E2BIG) {
        names = xs_directory_parts(xs, tx, path, &length, error);
    }
    if (!names) {
        return NULL;
    }
    list = xs_split(names, length, count);
    free(names);
    if (!list) {
        pv_error_errno(error, ENOMEM, "names below %s", path);
    }
    return list;
}

uint32_t xs_transaction_start(struct xs_client *xs, struct pv_error *error)
{
    struct xs_request request = {.type = XS_TRANSACTION_START};
    uint32_t tx;
    char *reply;

    xs_request_add_string(&request, "");
    reply = xs_ask(xs, &request, "transaction", NULL, error);
    if (!reply) {
        return 0;
    }
    tx = (uint32_t)strtoul(reply, NULL, 10);
    free(reply);
    return tx;
}

int xs_transaction_end(struct xs_client *xs, uint32_t tx, bool commit, struct pv_error *error)
{
    return xs_order(xs, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, error);
}

int xs_watch(struct xs_client *xs, const char *path, const char *token, struct pv_error *error)
{
    return xs_order(xs, XS_WATCH, 0, path, token, error);
}

int xs_unwatch(struct xs_client *xs, const char *path, const char *token, struct pv_error *error)
{
    return xs_order(xs, XS_UNWATCH, 0, path, token, error);
}

static int xs_wait_event(struct xs_client *xs, int timeout_ms, struct pv_error *error)
{
    struct pollfd poll_fd = {.fd = xs->fd, .events = POLLIN};
    struct xs_message message;
    int kept, ready;

    do {
        ready = poll(&poll_fd, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        return ready ? pv_error_errno(error, errno, "xenstore") : 0;
    }
    if (xs_receive(xs, &message, error) != 0) {
        return -1;
    }
    if (message.header.type != XS_WATCH_EVENT) {
        free(message.payload);
        return pv_error_errno(error, EPROTO, "xenstore");
    }
    kept = xs_keep_event(xs, &message, error);
    free(message.payload);
    return kept == 0 ? 1 : -1;
}

int xs_next_event(struct xs_client *xs, int timeout_ms, char **path, char **token, struct pv_error *error)
{
    struct xs_event *event;
    int found = xs->first_event ? 1 : xs_wait_event(xs, timeout_ms, error);

    if (found <= 0) {
        return found;
    }
    event = xs->first_event;
    *path = strdup(event->path);
    if (token) {
        *token = strdup(event->token);
    }
    if (!*path || (token && !*token)) {
        free(*path);
        return pv_error_errno(error, ENOMEM, "xenstore's watch event");
    }
    xs->first_event = event->next;
    if (!xs->first_event) {
        xs->last_event = &xs->first_event;
    }
    free(event);
    return 1;
}

int xs_introduce(struct xs_client *xs, uint32_t domid, uint64_t mfn, uint32_t port, struct pv_error *error)
{
    struct xs_request request = {.type = XS_INTRODUCE};
    char domid_text[16], mfn_text[24], port_text[16];
    char *reply;

    snprintf(domid_text, sizeof(domid_text), "%u", domid);
    snprintf(mfn_text, sizeof(mfn_text), "%llu", (unsigned long long)mfn);
    snprintf(port_text, sizeof(port_text), "%u", port);
    xs_request_add_string(&request, domid_text);
    xs_request_add_string(&request, mfn_text);
    xs_request_add_string(&request, port_text);
    reply = xs_ask(xs, &request, "introduction", NULL, error);
    free(reply);
    return reply ? 0 : -1;
}

int xs_release(struct xs_client *xs, uint32_t domid, struct pv_error *error)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", domid);
    return xs_order(xs, XS_RELEASE, 0, text, NULL, error);
}

int xs_is_introduced(struct xs_client *xs, uint32_t domid, struct pv_error *error)
{
    struct xs_request request = {.type = XS_IS_DOMAIN_INTRODUCED};
    char text[16], *reply;
    int introduced;

    snprintf(text, sizeof(text), "%u", domid);
    xs_request_add_string(&request, text);
    reply = xs_ask(xs, &request, text, NULL, error);
    if (!reply) {
        return -1;
    }
    introduced = reply[0] == 'T';
    free(reply);
    return introduced;
}
