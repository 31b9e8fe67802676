/* SPDX-License-Identifier: MIT */
/* Memory and strings for a freestanding guest. */
#include "guest/string.h"

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
    return start;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *t = to;
    const char *f = from;

    if (t <= f || t >= f + size) {
        return memcpy(to, from, size);
    }
    while (size--) {
        t[size] = f[size];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size; size--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length]) {
        length++;
    }
    return length;
}

size_t strlen(const char *text)
{
    return strnlen(text, (size_t)-1);
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit; limit--, a++, b++) {
        if (*a != *b || !*a) {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character) {
            return (char *)text;
        }
        if (!*text) {
            return NULL;
        }
    }
}

char *strstr(const char *text, const char *part)
{
    size_t length = strlen(part);

    for (; *text || !length; text++) {
        if (strncmp(text, part, length) == 0) {
            return (char *)text;
        }
    }
    return NULL;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (size) {
        size_t copied = length < size ? length : size - 1;

        memcpy(to, from, copied);
        to[copied] = 0;
    }
    return length;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'Z') {
        return c - 'A' + 10;
    }
    return 99;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long value = 0;

    if ((base == 0 || base == 16) && text[0] == '0' && (text[1] | 0x20) == 'x' && digit_value(text[2]) < 16) {
        text += 2;
        base = 16;
    }
    if (base == 0) {
        base = 10;
    }
    while (digit_value(*text) < base) {
        value = value * (unsigned long)base + (unsigned long)digit_value(*text++);
    }
    if (end) {
        *end = (char *)text;
    }
    return value;
}

char *strrchr(const char *text, int character)
{
    const char *found = NULL;

    for (; *text; text++) {
        if (*text == (char)character) {
            found = text;
        }
    }
    return (char *)found;
}
