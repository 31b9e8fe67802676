/* SPDX-License-Identifier: MIT */
/* The ELF32 container of the flat image: multiboot loaders take only 32-bit ELF files. Built apart from the image. */
    .section .image, "awx"
    .globl container_entry
container_entry:
    .incbin PARVIS_FLAT
    .section .note.GNU-stack, "", @progbits
