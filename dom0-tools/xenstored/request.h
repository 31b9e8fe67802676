/* SPDX-License-Identifier: MIT */
/* Requests: from a complete message to its reply. One table gives each type its handler. */
#ifndef XENSTORED_REQUEST_H
#define XENSTORED_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "xenstored/nodes.h"
#include "xenstored/path.h"
#include "xenstored/store.h"

/* A message that came in, and where it applies. */
struct request {
    struct view view;
    struct xsd_sockmsg header;
    const char *payload; /* header.len bytes, and a NUL behind them */
};

/* Serves the connection's incoming message, which is complete, and makes room for the next one. */
void request_serve(struct store *store, struct conn *conn);

/* For the handlers, which return 0 after their reply, or an errno that becomes the reply. */

/* Replies with a payload. Longer than the protocol allows: E2BIG. */
int request_reply(const struct request *request, const void *payload, size_t length);
int request_reply_string(const struct request *request, const char *string); /* with its NUL */
int request_reply_ok(const struct request *request);

/* Takes the strings of the payload. Returns their number, or -1 when the payload does not end with a NUL or
 * has more than `room` strings. */
int request_strings(const struct request *request, const char **strings, int room);

/* Makes the absolute path of the payload's first string. Returns 0 or EINVAL. */
int request_path(const struct request *request, char path[PATH_BUFFER_SIZE]);

/* The handlers. */
int op_directory(const struct request *request);
int op_directory_part(const struct request *request);
int op_read(const struct request *request);
int op_write(const struct request *request);
int op_mkdir(const struct request *request);
int op_rm(const struct request *request);
int op_get_perms(const struct request *request);
int op_set_perms(const struct request *request);
int op_watch(const struct request *request);
int op_unwatch(const struct request *request);
int op_reset_watches(const struct request *request);
int op_transaction_start(const struct request *request);
int op_transaction_end(const struct request *request);
int op_introduce(const struct request *request);
int op_release(const struct request *request);
int op_resume(const struct request *request);
int op_set_target(const struct request *request);
int op_is_domain_introduced(const struct request *request);
int op_get_domain_path(const struct request *request);
int op_control(const struct request *request);

#endif
