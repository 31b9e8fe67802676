/* SPDX-License-Identifier: MIT */
/* A bounded queue of bytes: when it is full the oldest make room. */
#ifndef CONSOLED_BUFFER_H
#define CONSOLED_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *bytes; /* allocated with the first byte, and doubled up to `limit` */
    size_t room;
    size_t limit;
    size_t start;
    size_t length;
    uint64_t lost; /* bytes that made room */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_clear(struct buffer *buffer);

/* Adds bytes. Without memory the oldest make room as if it were full. */
void buffer_add(struct buffer *buffer, const char *bytes, size_t length);

/* The next bytes that lie together; returns their count, 0 when it is empty. */
size_t buffer_next(const struct buffer *buffer, const char **bytes);

/* Takes bytes away at the front. */
void buffer_took(struct buffer *buffer, size_t length);

#endif
