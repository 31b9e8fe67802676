/* SPDX-License-Identifier: MIT */
/* The bounded string copy, apart from lib/string.c because not every C library has it. */
#include "lib/string.h"

size_t strlcpy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (size > 0) {
        size_t copied = MIN(length, size - 1);

        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}
