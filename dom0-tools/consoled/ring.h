/* SPDX-License-Identifier: MIT */
/* The two byte streams in a guest's console page. The guest may write anything at any time: each of its
 * indices is read once and checked, and our own are kept outside the page. */
#ifndef CONSOLED_RING_H
#define CONSOLED_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/io/console.h"

struct console_ring {
    struct xencons_interface *page;
    XENCONS_RING_IDX out_cons; /* ours; the page's copies are only told */
    XENCONS_RING_IDX in_prod;
};

/* Takes over a page whose indices an earlier daemon may have moved. */
void console_ring_open(struct console_ring *ring, struct xencons_interface *page);

/* Takes what the guest wrote, at most `size` bytes, and tells it. Returns their count. Impossible indices
 * count as nothing written: *broken is set and the stream goes on from where the guest says it is. */
uint32_t console_ring_take(struct console_ring *ring, char *buffer, uint32_t size, bool *broken);

/* How many bytes the guest can be given now. */
uint32_t console_ring_room(const struct console_ring *ring);

/* Gives the guest `length` bytes, at most console_ring_room. Returns how many fitted. */
uint32_t console_ring_give(struct console_ring *ring, const char *bytes, uint32_t length);

#endif
