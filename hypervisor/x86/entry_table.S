/* SPDX-License-Identifier: MIT */
/* Where each vector enters (x86/entry.S), for the IDT: const uint64_t x86_entry_table[256]. */
    .section .rodata
    .balign 8
    .globl x86_entry_table
x86_entry_table:
    .set vector, 0
    .rept 256
    .if vector == 1
    .quad entry_debug
    .elseif vector == 2
    .quad entry_2
    .elseif vector == 14
    .quad entry_page_fault
    .elseif vector == 8
    .quad entry_8
    .elseif vector == 18
    .quad entry_18
    .else
    .quad entry_stubs + vector * 16
    .endif
    .set vector, vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
