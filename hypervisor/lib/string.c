/* SPDX-License-Identifier: MIT */
/* Memory and strings for the freestanding image; the host's tests link the C library's instead of this file. */
#include "lib/string.h"

/* The compiler knows these loops by heart and would turn them into calls of the functions that they are. */
#define NO_LOOP_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *result = to;
    size_t words = length / 8, rest = length % 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
    return result;
}

NO_LOOP_IDIOM
void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((uintptr_t)to - (uintptr_t)from >= length) {
        return memcpy(to, from, length);
    }
    while (length > 0) {
        length--;
        t[length] = f[length];
    }
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *result = to;
    size_t words = length / 8, rest = length % 8;
    uint64_t pattern = 0x0101010101010101ull * (uint8_t)byte;

    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(pattern) : "memory");
    return result;
}

NO_LOOP_IDIOM
int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < length; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

NO_LOOP_IDIOM
void *memchr(const void *bytes, int byte, size_t length)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < length; i++) {
        if (p[i] == (uint8_t)byte) {
            return (void *)(uintptr_t)(p + i);
        }
    }
    return NULL;
}

NO_LOOP_IDIOM
size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0') {
        n++;
    }
    return n;
}

NO_LOOP_IDIOM
size_t strnlen(const char *s, size_t limit)
{
    size_t n = 0;

    while (n < limit && s[n] != '\0') {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

NO_LOOP_IDIOM
int strncmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        uint8_t x = (uint8_t)a[i], y = (uint8_t)b[i];

        if (x != y || x == '\0') {
            return x - y;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c) {
            return (char *)(uintptr_t)s;
        }
        if (*s == '\0') {
            return NULL;
        }
    }
}
