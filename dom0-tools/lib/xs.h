/* SPDX-License-Identifier: MIT */
/* A client of xenstore over the daemon's socket: one connection, requests answered in order, watch events
 * kept apart. */
#ifndef PVTOOLS_XS_H
#define PVTOOLS_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct xs_client;

/* `tx` is a transaction's id or 0. Where a function fails, error->number is the store's own errno (ENOENT,
 * EAGAIN, ...). */

/* Connects to /run/xenstored/socket, or /var/run/xenstored/socket, or the path in XENSTORED_PATH. NULL on
 * failure (class PV_ERROR_NO_HOST). xs_close also ends the connection's transactions and watches. */
struct xs_client *xs_open(struct pv_error *error);
void xs_close(struct xs_client *xs);

/* The descriptor to poll for watch events. */
int xs_fd(const struct xs_client *xs);

/* Reads a node. Returns its value, allocated and with a NUL after it, and its length where `length` is not
 * NULL. */
char *xs_read(struct xs_client *xs, uint32_t tx, const char *path, size_t *length, struct pv_error *error);

/* Writes a node, making it and its parents where they are missing. */
int xs_write(struct xs_client *xs, uint32_t tx, const char *path, const void *value, size_t length,
             struct pv_error *error);
int xs_write_string(struct xs_client *xs, uint32_t tx, const char *path, const char *value,
                    struct pv_error *error);

int xs_mkdir(struct xs_client *xs, uint32_t tx, const char *path, struct pv_error *error);

/* Removes a node and all below it. A node that is not there is no error while its parent is. */
int xs_rm(struct xs_client *xs, uint32_t tx, const char *path, struct pv_error *error);

/* Sets permissions given as the protocol writes them, owner first: "n0", "r5". */
int xs_set_perms(struct xs_client *xs, uint32_t tx, const char *path, const char *const *perms, size_t count,
                 struct pv_error *error);

/* The names below a node, NULL-terminated and one allocation (free() it); `count` may be NULL. */
char **xs_directory(struct xs_client *xs, uint32_t tx, const char *path, size_t *count,
                    struct pv_error *error);

/* Starts a transaction. Returns its id, or 0 on failure. */
uint32_t xs_transaction_start(struct xs_client *xs, struct pv_error *error);

/* Ends it. A commit that met a conflict fails with error->number == EAGAIN: start again. */
int xs_transaction_end(struct xs_client *xs, uint32_t tx, bool commit, struct pv_error *error);

int xs_watch(struct xs_client *xs, const char *path, const char *token, struct pv_error *error);
int xs_unwatch(struct xs_client *xs, const char *path, const char *token, struct pv_error *error);

/* Takes the next watch event, waiting at most timeout_ms (-1: for ever, 0: not at all). Returns 1 with an
 * allocated path and, when token is not NULL, token; 0 when none came; -1 when the connection broke. */
int xs_next_event(struct xs_client *xs, int timeout_ms, char **path, char **token, struct pv_error *error);

/* Tells the daemon of a domain: the machine frame of its ring and the domain's event channel.
 */
int xs_introduce(struct xs_client *xs, uint32_t domid, uint64_t mfn, uint32_t port, struct pv_error *error);
int xs_release(struct xs_client *xs, uint32_t domid, struct pv_error *error);

/* Says whether the daemon serves this domain. -1 on failure, else 0 or 1. */
int xs_is_introduced(struct xs_client *xs, uint32_t domid, struct pv_error *error);

#endif
