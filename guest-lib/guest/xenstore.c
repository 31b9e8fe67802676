/* SPDX-License-Identifier: MIT */
/* Messages on the xenstore ring: one question at a time, watches put aside as they come. */
#include "guest/xenstore.h"

#include "guest/event.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/printf.h"
#include "guest/start.h"
#include "guest/string.h"
#include "guest/x86.h"
#include "pvabi/errno.h"
#include "pvabi/io/xs_wire.h"
#include "pvabi/xen.h"

#define NUMBER_SIZE 24

/* The watches that are set: a resumed domain sets them again. */
struct watch {
    struct watch *next;
    char *path, *token;
};

struct watch_event {
    struct watch_event *next;
    char text[]; /* path, NUL, token, NUL */
};

static volatile struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static struct watch_event *watches, **watches_end = &watches;
static struct watch *set_watches;
static uint32_t request_id;
static char payload[XENSTORE_PAYLOAD_MAX + 1];

/* A message's strings, which are copied one behind the other. */
struct piece {
    const void *data;
    size_t size;
};

static const struct {
    const char *name;
    int error;
} errors[] = {
    {"EINVAL", XEN_EINVAL},       {"EACCES", XEN_EACCES},   {"EEXIST", XEN_EEXIST}, {"EISDIR", XEN_EISDIR},
    {"ENOENT", XEN_ENOENT},       {"ENOMEM", XEN_ENOMEM},   {"ENOSPC", XEN_ENOSPC}, {"EIO", XEN_EIO},
    {"ENOTEMPTY", XEN_ENOTEMPTY}, {"ENOSYS", XEN_ENOSYS},   {"EROFS", XEN_EROFS},   {"EBUSY", XEN_EBUSY},
    {"EAGAIN", XEN_EAGAIN},       {"EISCONN", XEN_EISCONN}, {"EPERM", XEN_EPERM},
};

static void woken(evtchn_port_t event, void *data)
{
    (void)event;
    (void)data;
}

int xs_init(void)
{
    if (ring) {
        return 0;
    }
    if (!guest_start_info->store_mfn || guest_is_initial_domain()) {
        return -XEN_ENODEV;
    }
    ring = memory_mfn_to_va(guest_start_info->store_mfn);
    port = guest_start_info->store_evtchn;
    event_set_handler(port, woken, NULL);
    return 0;
}

/* Wakes the daemon and sleeps until it has moved an index; the caller masked upcalls and found nothing to do.
 */
static void wait_for_daemon(void)
{
    event_send(port);
    event_poll(port, 0);
    event_clear(port);
}

static void ring_write(const void *data, size_t size)
{
    const char *from = data;

    while (size) {
        uint32_t at = ring->req_prod, used = at - ring->req_cons;

        if (used >= XENSTORE_RING_SIZE) {
            wait_for_daemon();
            continue;
        }
        ring->req[MASK_XENSTORE_IDX(at)] = *from++;
        /* The bytes before the index: the daemon reads them in the other order. */
        barrier();
        ring->req_prod = at + 1;
        size--;
    }
}

static void ring_read(void *data, size_t size)
{
    char *to = data;

    while (size) {
        uint32_t at = ring->rsp_cons;

        if (ring->rsp_prod == at) {
            wait_for_daemon();
            continue;
        }
        barrier();
        *to++ = ring->rsp[MASK_XENSTORE_IDX(at)];
        x86_mfence();
        ring->rsp_cons = at + 1;
        size--;
    }
}

static void keep_watch(size_t size)
{
    struct watch_event *event = malloc(sizeof(*event) + size + 2);

    memcpy(event->text, payload, size);
    memset(event->text + size, 0, 2);
    event->next = NULL;
    *watches_end = event;
    watches_end = &event->next;
}

/* Reads one message into `payload`, which it ends by a NUL. False if it breaks the protocol. */
static bool read_message(struct xsd_sockmsg *header)
{
    ring_read(header, sizeof(*header));
    if (header->len > XENSTORE_PAYLOAD_MAX) {
        return false;
    }
    ring_read(payload, header->len);
    payload[header->len] = 0;
    event_send(port);
    return true;
}

static int error_of(const char *name)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++) {
        if (strcmp(name, errors[i].name) == 0) {
            return -errors[i].error;
        }
    }
    return -XEN_EINVAL;
}

static int read_answer(uint32_t type)
{
    struct xsd_sockmsg header;

    for (;;) {
        if (!read_message(&header)) {
            return -XEN_EIO;
        }
        if (header.type == XS_WATCH_EVENT) {
            keep_watch(header.len);
        } else if (header.req_id == request_id) {
            break;
        }
    }
    if (header.type == XS_ERROR) {
        return error_of(payload);
    }
    return header.type == type ? (int)header.len : -XEN_EIO;
}

/* Asks and leaves the answer in `payload`; its length, or a negative error. */
static int ask(uint32_t type, uint32_t transaction, const struct piece *pieces, unsigned int count)
{
    struct xsd_sockmsg header = {.type = type, .req_id = ++request_id, .tx_id = transaction};
    bool masked = event_disabled();
    int result;

    if (!ring) {
        return -XEN_ENODEV;
    }
    for (unsigned int i = 0; i < count; i++) {
        header.len += (uint32_t)pieces[i].size;
    }
    if (header.len > XENSTORE_PAYLOAD_MAX) {
        return -XEN_E2BIG;
    }
    event_disable();
    ring_write(&header, sizeof(header));
    for (unsigned int i = 0; i < count; i++) {
        ring_write(pieces[i].data, pieces[i].size);
    }
    event_send(port);
    result = read_answer(type);
    if (!masked) {
        event_enable();
    }
    return result;
}

static int ask_one(uint32_t type, uint32_t transaction, const char *text)
{
    struct piece piece = {text, strlen(text) + 1};

    return ask(type, transaction, &piece, 1);
}

static int ask_two(uint32_t type, uint32_t transaction, const char *first, const char *second, size_t size)
{
    struct piece pieces[] = {{first, strlen(first) + 1}, {second, size}};

    return ask(type, transaction, pieces, 2);
}

static int done(int result)
{
    return result < 0 ? result : 0;
}

int xs_read(uint32_t transaction, const char *path, char *value, size_t size)
{
    int length = ask_one(XS_READ, transaction, path);

    if (length >= 0) {
        strlcpy(value, payload, size);
    }
    return length;
}

int xs_write(uint32_t transaction, const char *path, const char *value)
{
    return done(ask_two(XS_WRITE, transaction, path, value, strlen(value)));
}

int xs_mkdir(uint32_t transaction, const char *path)
{
    return done(ask_one(XS_MKDIR, transaction, path));
}

int xs_remove(uint32_t transaction, const char *path)
{
    return done(ask_one(XS_RM, transaction, path));
}

int xs_set_permissions(uint32_t transaction, const char *path, const char *first, const char *second)
{
    struct piece pieces[] = {
        {path, strlen(path) + 1}, {first, strlen(first) + 1}, {second, second ? strlen(second) + 1 : 0}};

    return done(ask(XS_SET_PERMS, transaction, pieces, 3));
}

int xs_directory(uint32_t transaction, const char *path, char *names, size_t size)
{
    int length = ask_one(XS_DIRECTORY, transaction, path), count = 0;

    if (length < 0) {
        return length;
    }
    if ((size_t)length > size) {
        return -XEN_E2BIG;
    }
    memcpy(names, payload, (size_t)length);
    for (int i = 0; i < length; i++) {
        count += names[i] == 0;
    }
    return count;
}

int xs_transaction_start(uint32_t *transaction)
{
    int length = ask_one(XS_TRANSACTION_START, 0, "");

    *transaction = length >= 0 ? (uint32_t)strtoul(payload, NULL, 10) : 0;
    return done(length);
}

int xs_transaction_end(uint32_t transaction, bool commit)
{
    return done(ask_one(XS_TRANSACTION_END, transaction, commit ? "T" : "F"));
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(malloc(size), text, size);
}

static void remember_watch(const char *path, const char *token)
{
    struct watch *watch = malloc(sizeof(*watch));

    *watch = (struct watch){.next = set_watches, .path = copy_text(path), .token = copy_text(token)};
    set_watches = watch;
}

void xs_forget(const char *path, const char *token)
{
    struct watch **link = &set_watches, *watch;

    while (*link && (strcmp((*link)->path, path) != 0 || strcmp((*link)->token, token) != 0)) {
        link = &(*link)->next;
    }
    watch = *link;
    if (watch) {
        *link = watch->next;
        free(watch->path);
        free(watch->token);
        free(watch);
    }
}

static int set_watch(const char *path, const char *token)
{
    return done(ask_two(XS_WATCH, 0, path, token, strlen(token) + 1));
}

int xs_watch(const char *path, const char *token)
{
    int error = set_watch(path, token);

    if (!error) {
        remember_watch(path, token);
    }
    return error;
}

void xs_resume(void)
{
    if (!ring) {
        return;
    }
    port = guest_start_info->store_evtchn;
    event_set_handler(port, woken, NULL);
    for (const struct watch *watch = set_watches; watch; watch = watch->next) {
        set_watch(watch->path, watch->token);
    }
}

int xs_unwatch(const char *path, const char *token)
{
    xs_forget(path, token);
    return done(ask_two(XS_UNWATCH, 0, path, token, strlen(token) + 1));
}

/* Takes what has come unasked. */
static void collect_watches(void)
{
    struct xsd_sockmsg header;
    bool masked = event_disabled();

    event_disable();
    event_clear(port);
    while (ring->rsp_prod != ring->rsp_cons && read_message(&header)) {
        if (header.type == XS_WATCH_EVENT) {
            keep_watch(header.len);
        }
    }
    if (!masked) {
        event_enable();
    }
}

bool xs_next_watch(char *path, size_t path_size, char *token, size_t token_size)
{
    struct watch_event *event;

    if (!ring) {
        return false;
    }
    if (!watches) {
        collect_watches();
    }
    event = watches;
    if (!event) {
        return false;
    }
    watches = event->next;
    watches_end = watches ? watches_end : &watches;
    strlcpy(path, event->text, path_size);
    strlcpy(token, event->text + strlen(event->text) + 1, token_size);
    free(event);
    return true;
}

int xs_read_text(const char *folder, const char *name, char *value, size_t size)
{
    char path[XS_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return xs_read(0, path, value, size);
}

int xs_write_text(const char *folder, const char *name, const char *value)
{
    char path[XS_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return xs_write(0, path, value);
}

int xs_read_number(const char *folder, const char *name, unsigned long *value)
{
    char text[NUMBER_SIZE], *end;
    int length = xs_read_text(folder, name, text, sizeof(text));

    if (length < 0) {
        return length;
    }
    *value = strtoul(text, &end, 10);
    return length == 0 || *end ? -XEN_EINVAL : 0;
}

unsigned long xs_get_number(const char *folder, const char *name, unsigned long fallback)
{
    unsigned long value;

    return xs_read_number(folder, name, &value) == 0 ? value : fallback;
}

int xs_write_number(const char *folder, const char *name, unsigned long value)
{
    char text[NUMBER_SIZE];

    snprintf(text, sizeof(text), "%lu", value);
    return xs_write_text(folder, name, text);
}
