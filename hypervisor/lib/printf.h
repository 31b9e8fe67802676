/* SPDX-License-Identifier: MIT */
/*
 * Formatted text: %d %i %u %x %X %o %c %s %p %% with the flags - 0 # + and space, width and precision (as
 * numbers or *), and the lengths hh, h, l, ll, z, t and j. A conversion that is not known is printed as it
 * stands.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

#include "lib/types.h"

/*
 * Writes at most size - 1 characters and a NUL (if size is not 0); returns the length that the whole text
 * has.
 */
int format_buffer(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
int vformat_buffer(char *buffer, size_t size, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

#endif
