/* SPDX-License-Identifier: MIT */
/* The image's function names: made from the first link's symbols and linked in by the second
 * (x86/symbols.sh). */
#ifndef X86_SYMBOLS_H
#define X86_SYMBOLS_H

#include "lib/types.h"

struct x86_symbol {
    uint32_t offset; /* from image_start */
    uint32_t name;   /* in x86_symbol_names */
};

extern const struct x86_symbol x86_symbols[];
extern const char x86_symbol_names[];
extern const size_t x86_symbol_count;

#endif
