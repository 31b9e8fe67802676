/* SPDX-License-Identifier: MIT */
/* A binary heap of nodes that lie in their owners. */
#include "lib/min_heap.h"

#include "lib/string.h"

void *min_heap_give(struct min_heap *heap, void *room, uint32_t capacity)
{
    void *old = heap->slots;

    if (old) {
        memcpy(room, old, min_heap_size(heap->count));
    }
    heap->slots = room;
    heap->capacity = capacity;
    return old;
}

static void min_heap_place(struct min_heap *heap, struct min_heap_node *node, uint32_t index)
{
    heap->slots[index] = node;
    node->index = index;
}

/* Finds the place of a node at or above a free slot. */
static void min_heap_rise(struct min_heap *heap, struct min_heap_node *node, uint32_t index)
{
    while (index > 1 && heap->slots[index / 2]->key > node->key) {
        min_heap_place(heap, heap->slots[index / 2], index);
        index /= 2;
    }
    min_heap_place(heap, node, index);
}

/* Finds the place of a node at or below a free slot. */
static void min_heap_sink(struct min_heap *heap, struct min_heap_node *node, uint32_t index)
{
    uint32_t child = 2 * index;

    while (child <= heap->count) {
        if (child < heap->count && heap->slots[child + 1]->key < heap->slots[child]->key) {
            child++;
        }
        if (heap->slots[child]->key >= node->key) {
            break;
        }
        min_heap_place(heap, heap->slots[child], index);
        index = child;
        child = 2 * index;
    }
    min_heap_place(heap, node, index);
}

void min_heap_insert(struct min_heap *heap, struct min_heap_node *node, uint64_t key)
{
    node->key = key;
    heap->count++;
    min_heap_rise(heap, node, heap->count);
}

void min_heap_remove(struct min_heap *heap, struct min_heap_node *node)
{
    uint32_t index = node->index;
    struct min_heap_node *last = heap->slots[heap->count];

    heap->count--;
    node->index = 0;
    if (last == node) {
        return;
    }
    if (index > 1 && heap->slots[index / 2]->key > last->key) {
        min_heap_rise(heap, last, index);
    } else {
        min_heap_sink(heap, last, index);
    }
}
