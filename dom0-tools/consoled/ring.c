/* SPDX-License-Identifier: MIT */
/* The two byte streams in a guest's console page. */
#include "consoled/ring.h"

#include <string.h>

static uint32_t console_ring_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void console_ring_open(struct console_ring *ring, struct xencons_interface *page)
{
    ring->page = page;
    ring->out_cons = __atomic_load_n(&page->out_cons, __ATOMIC_ACQUIRE);
    ring->in_prod = __atomic_load_n(&page->in_prod, __ATOMIC_ACQUIRE);
}

uint32_t console_ring_take(struct console_ring *ring, char *buffer, uint32_t size, bool *broken)
{
    const uint32_t room = sizeof(ring->page->out);
    /* Pairs with the guest's barrier between its bytes and its index. */
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->page->out_prod, __ATOMIC_ACQUIRE);
    uint32_t length = prod - ring->out_cons;
    uint32_t offset, first;

    *broken = length > room;
    if (*broken) {
        ring->out_cons = prod;
        length = 0;
    }
    length = console_ring_min(length, size);
    offset = MASK_XENCONS_IDX(ring->out_cons, ring->page->out);
    first = console_ring_min(length, room - offset);
    memcpy(buffer, ring->page->out + offset, first);
    memcpy(buffer + first, ring->page->out, length - first);
    ring->out_cons += length;
    /* The bytes were read before: the guest may overwrite them now. */
    __atomic_store_n(&ring->page->out_cons, ring->out_cons, __ATOMIC_RELEASE);
    return length;
}

uint32_t console_ring_room(const struct console_ring *ring)
{
    const uint32_t room = sizeof(ring->page->in);
    /* Pairs with the guest's barrier between its reading and its index. */
    uint32_t used = ring->in_prod - __atomic_load_n(&ring->page->in_cons, __ATOMIC_ACQUIRE);

    return used <= room ? room - used : 0;
}

uint32_t console_ring_give(struct console_ring *ring, const char *bytes, uint32_t length)
{
    const uint32_t room = sizeof(ring->page->in);
    uint32_t offset = MASK_XENCONS_IDX(ring->in_prod, ring->page->in);
    uint32_t first;

    length = console_ring_min(length, console_ring_room(ring));
    first = console_ring_min(length, room - offset);
    memcpy(ring->page->in + offset, bytes, first);
    memcpy(ring->page->in, bytes + first, length - first);
    ring->in_prod += length;
    /* The bytes are there before the guest sees the index. */
    __atomic_store_n(&ring->page->in_prod, ring->in_prod, __ATOMIC_RELEASE);
    return length;
}
