/* SPDX-License-Identifier: MIT */
/* Many xenstore requests sent at once over the daemon's socket. */
#include "lib/xsbatch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pvabi/io/xs_wire.h"

/* Requests on their way at once: their answers must fit into the socket's buffer, or both sides would wait.
 */
#define WINDOW 64

struct request {
    uint32_t type;
    size_t start, size; /* in the batch's bytes */
    char *answer;
};

struct xs_batch {
    char *bytes;
    size_t used, room;
    struct request *requests;
    size_t count, request_room;
    bool out_of_memory;
};

struct xs_batch *xs_batch_new(void)
{
    return calloc(1, sizeof(struct xs_batch));
}

void xs_batch_free(struct xs_batch *batch)
{
    if (batch) {
        for (size_t i = 0; i < batch->count; i++) {
            free(batch->requests[i].answer);
        }
        free(batch->requests);
        free(batch->bytes);
        free(batch);
    }
}

static void append(struct xs_batch *batch, const void *data, size_t size)
{
    if (batch->room - batch->used < size) {
        size_t room = 2 * batch->room + size + 1024;
        char *bytes = realloc(batch->bytes, room);

        if (!bytes) {
            batch->out_of_memory = true;
            return;
        }
        batch->bytes = bytes;
        batch->room = room;
    }
    memcpy(batch->bytes + batch->used, data, size);
    batch->used += size;
}

static size_t add(struct xs_batch *batch, uint32_t type, const char *payload, size_t size)
{
    struct xsd_sockmsg header = {.type = type, .req_id = (uint32_t)batch->count, .len = (uint32_t)size};

    if (batch->count == batch->request_room) {
        size_t room = 2 * batch->request_room + WINDOW;
        struct request *requests = realloc(batch->requests, room * sizeof(*requests));

        if (!requests) {
            batch->out_of_memory = true;
            return 0;
        }
        batch->requests = requests;
        batch->request_room = room;
    }
    batch->requests[batch->count] =
        (struct request){.type = type, .start = batch->used, .size = sizeof(header) + size};
    append(batch, &header, sizeof(header));
    append(batch, payload, size);
    return batch->count++;
}

/* A longer text than the protocol allows becomes a request that the batch refuses to send. */
static size_t add_text(struct xs_batch *batch, uint32_t type, const char *payload, size_t size)
{
    if (size > XENSTORE_PAYLOAD_MAX) {
        batch->out_of_memory = true;
        return 0;
    }
    return add(batch, type, payload, size);
}

size_t xs_batch_write(struct xs_batch *batch, const char *path, const char *format, ...)
{
    char payload[XENSTORE_PAYLOAD_MAX + 2];
    size_t start = strlen(path) + 1;
    va_list arguments;
    int length;

    if (start > XENSTORE_PAYLOAD_MAX) {
        batch->out_of_memory = true;
        return 0;
    }
    memcpy(payload, path, start);
    va_start(arguments, format);
    length = vsnprintf(payload + start, sizeof(payload) - start, format, arguments);
    va_end(arguments);
    return add_text(batch, XS_WRITE, payload, start + (size_t)length);
}

static size_t add_path(struct xs_batch *batch, uint32_t type, const char *format, va_list arguments)
{
    char path[XENSTORE_ABS_PATH_MAX + 1];
    int length = vsnprintf(path, sizeof(path), format, arguments);

    if (length >= (int)sizeof(path)) {
        batch->out_of_memory = true;
        return 0;
    }
    return add_text(batch, type, path, (size_t)length + 1);
}

size_t xs_batch_read(struct xs_batch *batch, const char *format, ...)
{
    va_list arguments;
    size_t number;

    va_start(arguments, format);
    number = add_path(batch, XS_READ, format, arguments);
    va_end(arguments);
    return number;
}

size_t xs_batch_rm(struct xs_batch *batch, const char *format, ...)
{
    va_list arguments;
    size_t number;

    va_start(arguments, format);
    number = add_path(batch, XS_RM, format, arguments);
    va_end(arguments);
    return number;
}

size_t xs_batch_perms(struct xs_batch *batch, const char *path, char rights, uint32_t owner,
                      char reader_rights, uint32_t reader)
{
    char payload[XENSTORE_ABS_PATH_MAX + 64];
    int length = snprintf(payload, sizeof(payload), "%s%c%c%u%c%c%u", path, 0, rights, owner, 0,
                          reader_rights, reader);

    if (length + 1 > (int)sizeof(payload)) {
        batch->out_of_memory = true;
        return 0;
    }
    return add_text(batch, XS_SET_PERMS, payload, (size_t)length + 1);
}

size_t xs_batch_introduce(struct xs_batch *batch, uint32_t domid, uint64_t mfn, uint32_t port)
{
    char payload[64];
    int length = snprintf(payload, sizeof(payload), "%u%c%" PRIu64 "%c%u", domid, 0, mfn, 0, port);

    return add(batch, XS_INTRODUCE, payload, (size_t)length + 1);
}

static int broken(struct pv_error *error, ssize_t done)
{
    pv_error_errno(error, done < 0 ? errno : ECONNRESET, "xenstore");
    return pv_error_class(error, PV_ERROR_NO_HOST);
}

static int send_all(int fd, const char *bytes, size_t size, struct pv_error *error)
{
    while (size > 0) {
        ssize_t done = send(fd, bytes, size, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return broken(error, done);
        }
        bytes += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Answers come many at a time; what has come and was not taken yet stays here. */
struct inbox {
    int fd;
    size_t start, end;
    char bytes[4 * XENSTORE_PAYLOAD_MAX];
};

static int take(struct inbox *inbox, void *to, size_t size, struct pv_error *error)
{
    while (inbox->end - inbox->start < size) {
        ssize_t done;

        memmove(inbox->bytes, inbox->bytes + inbox->start, inbox->end - inbox->start);
        inbox->end -= inbox->start;
        inbox->start = 0;
        done = read(inbox->fd, inbox->bytes + inbox->end, sizeof(inbox->bytes) - inbox->end);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return broken(error, done);
        }
        inbox->end += (size_t)done;
    }
    memcpy(to, inbox->bytes + inbox->start, size);
    inbox->start += size;
    return 0;
}

static int error_number(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(name, xsd_errors[i].errstring) == 0) {
            return xsd_errors[i].errnum;
        }
    }
    return EIO;
}

/* Takes one answer. Returns 0, or the store's errno, or -1 when the connection is of no more use. */
static int receive(struct inbox *inbox, struct xs_batch *batch, size_t number, struct pv_error *error)
{
    struct request *request = &batch->requests[number];
    char payload[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg header;

    if (take(inbox, &header, sizeof(header), error) != 0) {
        return -1;
    }
    if (header.len > XENSTORE_PAYLOAD_MAX || header.req_id != number) {
        return pv_error_errno(error, EPROTO, "xenstore");
    }
    if (take(inbox, payload, header.len, error) != 0) {
        return -1;
    }
    payload[header.len] = '\0';
    if (header.type == XS_ERROR) {
        return error_number(payload);
    }
    if (request->type == XS_READ) {
        request->answer = strdup(payload);
    }
    return 0;
}

static bool may_fail(const struct request *request, int number)
{
    return request->type == XS_READ || (request->type == XS_RM && number == ENOENT);
}

static int run_window(struct inbox *inbox, struct xs_batch *batch, size_t first, size_t count,
                      struct pv_error *error)
{
    const struct request *last = &batch->requests[first + count - 1];
    size_t start = batch->requests[first].start;
    int result = send_all(inbox->fd, batch->bytes + start, last->start + last->size - start, error);
    bool failed = false;

    for (size_t i = first; i < first + count && result >= 0; i++) {
        result = receive(inbox, batch, i, error);
        if (result > 0 && !may_fail(&batch->requests[i], result) && !failed) {
            failed = true;
            pv_error_errno(error, result, "xenstore %s",
                           batch->bytes + batch->requests[i].start + sizeof(struct xsd_sockmsg));
        }
    }
    return result < 0 || failed ? -1 : 0;
}

int xs_batch_run(struct xs_client *xs, struct xs_batch *batch, struct pv_error *error)
{
    struct inbox inbox;

    /* Not initialised as a whole: its bytes are many, and read only where written. */
    inbox.fd = xs_fd(xs);
    inbox.start = inbox.end = 0;
    if (batch->out_of_memory) {
        return pv_error_errno(error, ENOMEM, "requests to xenstore");
    }
    for (size_t done = 0; done < batch->count; done += WINDOW) {
        size_t part = batch->count - done < WINDOW ? batch->count - done : WINDOW;

        if (run_window(&inbox, batch, done, part, error) != 0) {
            return -1;
        }
    }
    return 0;
}

const char *xs_batch_answer(const struct xs_batch *batch, size_t request)
{
    return request < batch->count ? batch->requests[request].answer : NULL;
}
