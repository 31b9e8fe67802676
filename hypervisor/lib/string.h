/* SPDX-License-Identifier: MIT */
/*
 * Memory and strings, by the C library's names and contracts. On the host the C library itself stands behind
 * all but strlcpy, so that sanitizers see every access.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
void *memchr(const void *bytes, int byte, size_t length);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *s, int c);

/*
 * Copies at most size - 1 characters and always ends with NUL if size is not 0; returns strlen(from): >= size
 * means cut.
 */
size_t strlcpy(char *to, const char *from, size_t size);

#endif
