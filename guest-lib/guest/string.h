/* SPDX-License-Identifier: MIT */
/* Memory and strings, as the C standard has them; the compiler itself calls the first four. */
#ifndef GUEST_STRING_H
#define GUEST_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strstr(const char *text, const char *part);
/* Copies at most size - 1 characters and ends them with a NUL; returns the length of `from`. */
size_t strlcpy(char *to, const char *from, size_t size);
/* Base 0 takes 0x for sixteen; `end`, if not NULL, gets the first character that is no digit. */
unsigned long strtoul(const char *text, char **end, int base);

#endif
