/* SPDX-License-Identifier: MIT */
/* The two byte streams in the page that a domain shares with the store. */
#include "xenstored/ring.h"

#include <string.h>

static uint32_t ring_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

int32_t ring_read(struct ring *ring, void *buffer, uint32_t length)
{
    /* Pairs with the barrier after which the other side moves its index: the bytes are there. */
    uint32_t available = __atomic_load_n(&ring->page->req_prod, __ATOMIC_ACQUIRE) - ring->req_cons;
    uint32_t offset = MASK_XENSTORE_IDX(ring->req_cons);
    uint32_t first;

    if (available > XENSTORE_RING_SIZE) {
        return -1;
    }
    length = ring_min(length, available);
    first = ring_min(length, XENSTORE_RING_SIZE - offset);
    memcpy(buffer, ring->page->req + offset, first);
    memcpy((char *)buffer + first, ring->page->req, length - first);
    ring->req_cons += length;
    return (int32_t)length;
}

int32_t ring_write(struct ring *ring, const void *bytes, uint32_t length)
{
    /* Pairs with the other side's barrier between its reading and its index: what it read may be overwritten.
     */
    uint32_t waiting = ring->rsp_prod - __atomic_load_n(&ring->page->rsp_cons, __ATOMIC_ACQUIRE);
    uint32_t offset = MASK_XENSTORE_IDX(ring->rsp_prod);
    uint32_t first;

    if (waiting > XENSTORE_RING_SIZE) {
        return -1;
    }
    length = ring_min(length, XENSTORE_RING_SIZE - waiting);
    first = ring_min(length, XENSTORE_RING_SIZE - offset);
    memcpy(ring->page->rsp + offset, bytes, first);
    memcpy(ring->page->rsp, (const char *)bytes + first, length - first);
    ring->rsp_prod += length;
    return (int32_t)length;
}

bool ring_has_input(const struct ring *ring)
{
    return __atomic_load_n(&ring->page->req_prod, __ATOMIC_SEQ_CST) != ring->req_cons;
}

void ring_publish_input(const struct ring *ring)
{
    /* The bytes were read before: the other side may now overwrite them. A full barrier: see ring_has_input. */
    __atomic_store_n(&ring->page->req_cons, ring->req_cons, __ATOMIC_SEQ_CST);
}

void ring_publish_output(const struct ring *ring)
{
    /* The bytes were written before: the other side may now read them. A full barrier: whoever then looks for
     * room either sees what was read meanwhile, or the reader sees that the ring was full and tells us. */
    __atomic_store_n(&ring->page->rsp_prod, ring->rsp_prod, __ATOMIC_SEQ_CST);
}

void ring_tell_error(const struct ring *ring, uint32_t error)
{
    __atomic_store_n(&ring->page->error, error, __ATOMIC_RELEASE);
}
