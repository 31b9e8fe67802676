/* SPDX-License-Identifier: MIT */
/*
 * A binary heap of nodes that lie in their owners: the least key comes first, equal keys in no order. Putting
 * a node in needs no memory; whoever makes nodes sees to the room.
 */
#ifndef LIB_MIN_HEAP_H
#define LIB_MIN_HEAP_H

#include "lib/types.h"

struct min_heap_node {
    uint64_t key;
    uint32_t index; /* its slot; 0: in no heap */
};

/* Slots are numbered from 1: slot n's children are 2n and 2n + 1. */
struct min_heap {
    struct min_heap_node **slots; /* capacity + 1 of them */
    uint32_t count, capacity;
};

/* Bytes of memory that slots for so many nodes need. */
static inline size_t min_heap_size(uint32_t capacity)
{
    return (capacity + (size_t)1) * sizeof(struct min_heap_node *);
}

/*
 * Gives the heap room for capacity nodes, not less than before; returns the old room, which the caller frees.
 */
void *min_heap_give(struct min_heap *heap, void *room, uint32_t capacity);

/* Puts in a node that is in no heap, with its key. There must be room. */
void min_heap_insert(struct min_heap *heap, struct min_heap_node *node, uint64_t key);

/* Takes out a node that is in this heap. */
void min_heap_remove(struct min_heap *heap, struct min_heap_node *node);

/* The node with the least key, which stays in; NULL if there is none. */
static inline struct min_heap_node *min_heap_first(const struct min_heap *heap)
{
    return heap->count ? heap->slots[1] : NULL;
}

static inline bool min_heap_has(const struct min_heap_node *node)
{
    return node->index != 0;
}

#endif
