/* SPDX-License-Identifier: MIT */
/* A heap over pages: chunks in one list by address, first fit, neighbours joined when freed. */
#include "guest/lock.h"
#include "guest/memory.h"
#include "guest/string.h"

#define HEAP_ALIGN        16ul
#define HEAP_GROWTH_PAGES 16ul

struct chunk {
    size_t size; /* of what follows the header */
    struct chunk *next;
};

static struct chunk *free_chunks;
static struct guest_lock heap_lock;

static void *chunk_end(struct chunk *chunk)
{
    return (char *)(chunk + 1) + chunk->size;
}

static void chunk_join_next(struct chunk *chunk)
{
    if (chunk->next && chunk_end(chunk) == chunk->next) {
        chunk->size += sizeof(*chunk) + chunk->next->size;
        chunk->next = chunk->next->next;
    }
}

static void chunk_insert(struct chunk *chunk)
{
    struct chunk **link = &free_chunks, *before = NULL;

    while (*link && *link < chunk) {
        before = *link;
        link = &before->next;
    }
    chunk->next = *link;
    *link = chunk;
    chunk_join_next(chunk);
    if (before) {
        chunk_join_next(before);
    }
}

static void heap_grow(size_t size)
{
    unsigned long pages = (size + sizeof(struct chunk) + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct chunk *chunk;

    pages = pages < HEAP_GROWTH_PAGES ? HEAP_GROWTH_PAGES : pages;
    chunk = memory_pages_alloc(pages);
    chunk->size = (pages << PAGE_SHIFT) - sizeof(*chunk);
    chunk_insert(chunk);
}

static struct chunk *chunk_take(size_t size)
{
    for (struct chunk **link = &free_chunks; *link; link = &(*link)->next) {
        struct chunk *chunk = *link;

        if (chunk->size < size) {
            continue;
        }
        if (chunk->size >= size + 2 * sizeof(*chunk)) {
            struct chunk *rest = (struct chunk *)((char *)(chunk + 1) + size);

            rest->size = chunk->size - size - sizeof(*rest);
            rest->next = chunk->next;
            chunk->size = size;
            *link = rest;
        } else {
            *link = chunk->next;
        }
        return chunk;
    }
    return NULL;
}

void *malloc(size_t size)
{
    bool masked = lock_take(&heap_lock);
    struct chunk *chunk;

    size = (size + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1);
    chunk = chunk_take(size);
    if (!chunk) {
        heap_grow(size);
        chunk = chunk_take(size);
    }
    lock_give(&heap_lock, masked);
    return chunk + 1;
}

void *calloc(size_t count, size_t size)
{
    return memset(malloc(count * size), 0, count * size);
}

void free(void *pointer)
{
    bool masked;

    if (pointer) {
        masked = lock_take(&heap_lock);
        chunk_insert((struct chunk *)pointer - 1);
        lock_give(&heap_lock, masked);
    }
}
