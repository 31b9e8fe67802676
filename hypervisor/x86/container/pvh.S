/* SPDX-License-Identifier: MIT */
/* The ELF64 container of the flat image for PVH loaders, with the note that names its 32-bit entry point. */
#include "pvabi/elfnote.h"
#include "x86/layout.h"

    .section .image, "awx"
    .incbin PARVIS_FLAT

    .section .note.Xen, "a", @note
    .align 4
    .long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long LAYOUT_LOAD + LAYOUT_PVH_OFFSET
    .section .note.GNU-stack, "", @progbits
