#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: symbols.sh [IMAGE.elf] > symbols.S
# The table of function names for backtraces: empty without an image (the first link), else from its symbols.
set -eu
echo '    .section .symbols, "a"'
echo '    .globl x86_symbols, x86_symbol_names, x86_symbol_count'
echo '    .balign 8'
if [ $# -eq 0 ]; then
    printf 'x86_symbols:\nx86_symbol_names:\n    .byte 0\n    .balign 8\nx86_symbol_count:\n    .quad 0\n'
else
    nm -n "$1" | awk '
        { value = substr($1, 9) }
        $3 == "image_start" { start = value }
        ($2 == "t" || $2 == "T") && $3 !~ /^image_/ { at[n] = value; name[n++] = $3 }
        END {
            print "x86_symbols:"
            for (i = 0; i < n; i++) printf "    .long 0x%s - 0x%s, name%d - x86_symbol_names\n", at[i], start, i
            print "x86_symbol_names:"
            for (i = 0; i < n; i++) printf "name%d: .asciz \"%s\"\n", i, name[i]
            printf "    .balign 8\nx86_symbol_count:\n    .quad %d\n", n
        }'
fi
echo '    .section .note.GNU-stack, "", @progbits'
