/* SPDX-License-Identifier: MIT */
/* Formatted text: %d %i %u %x %X %p %s %c %%, with -, 0, width, * and the sizes hh h l ll z. */
#ifndef GUEST_PRINTF_H
#define GUEST_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/* To the console. Returns the number of characters. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
/* To a buffer, always ended by NUL. Returns the length that the whole text has. */
int snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
