/* SPDX-License-Identifier: MIT */
/* The two byte streams in the page that a domain shares with the store. The other side may write anything at
 * any time: each of its indices is read once and checked, and our own are kept outside the page. */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/io/xs_wire.h"

struct ring {
    struct xenstore_domain_interface *page;
    uint32_t req_cons; /* ours; the page's copies are only told */
    uint32_t rsp_prod;
};

/* Copies up to `length` bytes of the requests and moves req_cons. Returns their count, or -1 for an
 * impossible index. */
int32_t ring_read(struct ring *ring, void *buffer, uint32_t length);

/* Copies up to `length` bytes to the replies and moves rsp_prod. Returns their count, or -1 for an impossible
 * index. */
int32_t ring_write(struct ring *ring, const void *bytes, uint32_t length);

/*
 * Says whether there are requests to read. To be asked once more after ring_publish_input: Linux sends an event only
 * if it sees all its earlier bytes taken, so for what it wrote before it could see that there is none.
 */
bool ring_has_input(const struct ring *ring);

/*
 * Tells the other side our indices. After ring_publish_output ring_write is to be tried again for what did not fit:
 * the other side sends an event only if it finds the ring full by the index that was told.
 */
void ring_publish_input(const struct ring *ring);
void ring_publish_output(const struct ring *ring);

/* Says why this side gives up (XENSTORE_ERROR_*). */
void ring_tell_error(const struct ring *ring, uint32_t error);

#endif
