/* SPDX-License-Identifier: MIT */
/* Many xenstore requests sent at once, so that they cost one round trip instead of one each. */
#ifndef PVTOOLS_XSBATCH_H
#define PVTOOLS_XSBATCH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/xs.h"

struct xs_batch;

/* An empty batch, NULL when memory ran out. What runs out later is told by xs_batch_run. */
struct xs_batch *xs_batch_new(void);
void xs_batch_free(struct xs_batch *batch);

/*
 * Requests, in the order in which the daemon does them. Path and value are printf-formatted where so said.
 * The number of a request, from 0 on, is returned for xs_batch_answer.
 */
size_t xs_batch_write(struct xs_batch *batch, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t xs_batch_read(struct xs_batch *batch, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Removing what is not there is no failure. */
size_t xs_batch_rm(struct xs_batch *batch, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `owner` without rights for others; where reader is another domain, `reader` may read. */
size_t xs_batch_perms(struct xs_batch *batch, const char *path, char rights, uint32_t owner,
                      char reader_rights, uint32_t reader);
size_t xs_batch_introduce(struct xs_batch *batch, uint32_t domid, uint64_t mfn, uint32_t port);

/*
 * Sends all and waits for all answers. Fails with the first failure, of what is neither a read nor a removal;
 * the requests behind it were done all the same. The connection must have no watches.
 */
int xs_batch_run(struct xs_client *xs, struct xs_batch *batch, struct pv_error *error);

/* What a read gave, with a NUL at its end, or NULL where there was no such node. Valid until the batch is
 * freed. */
const char *xs_batch_answer(const struct xs_batch *batch, size_t request);

#endif
