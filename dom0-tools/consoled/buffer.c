/* SPDX-License-Identifier: MIT */
/* A bounded queue of bytes: when it is full the oldest make room. */
#include "consoled/buffer.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_ROOM 4096

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->bytes);
    buffer_init(buffer, buffer->limit);
}

static size_t buffer_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t buffer_next(const struct buffer *buffer, const char **bytes)
{
    *bytes = buffer->bytes ? buffer->bytes + buffer->start : NULL;
    return buffer_min(buffer->length, buffer->room - buffer->start);
}

void buffer_took(struct buffer *buffer, size_t length)
{
    buffer->length -= length;
    buffer->start = buffer->length ? (buffer->start + length) % buffer->room : 0;
}

/* Makes room for `length` bytes, as far as limit and memory allow. */
static void buffer_grow(struct buffer *buffer, size_t length)
{
    size_t room = buffer->room ? buffer->room : buffer_min(BUFFER_FIRST_ROOM, buffer->limit);
    size_t old_length = buffer->length, done = 0;
    char *bytes;

    while (room < buffer->length + length && room < buffer->limit) {
        room = buffer_min(room * 2, buffer->limit);
    }
    bytes = room > buffer->room ? malloc(room) : NULL;
    if (!bytes) {
        return;
    }
    while (buffer->length > 0) {
        const char *next;
        size_t count = buffer_next(buffer, &next);

        memcpy(bytes + done, next, count);
        done += count;
        buffer_took(buffer, count);
    }
    free(buffer->bytes);
    buffer->bytes = bytes;
    buffer->room = room;
    buffer->start = 0;
    buffer->length = old_length;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    if (buffer->length + length > buffer->room) {
        buffer_grow(buffer, length);
    }
    if (length > buffer->room) {
        buffer->lost += length - buffer->room;
        bytes += length - buffer->room;
        length = buffer->room;
    }
    if (buffer->length + length > buffer->room) {
        size_t excess = buffer->length + length - buffer->room;

        buffer->lost += excess;
        buffer_took(buffer, excess);
    }
    while (length > 0) {
        size_t end = (buffer->start + buffer->length) % buffer->room;
        size_t count = buffer_min(length, buffer->room - end);

        memcpy(buffer->bytes + end, bytes, count);
        buffer->length += count;
        bytes += count;
        length -= count;
    }
}
