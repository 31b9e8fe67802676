/* SPDX-License-Identifier: MIT */
/* Instructions that are replaced at boot when the CPU has a feature or a mitigation is on: one table for all. */
#ifndef X86_ALTERNATIVES_H
#define X86_ALTERNATIVES_H

#define ALTERNATIVE_SMAP 1
#define ALTERNATIVE_XSAVE 2
#define ALTERNATIVE_XPTI 3
#define ALTERNATIVE_SPEC_CTRL 4
#define ALTERNATIVE_RSB 5
#define ALTERNATIVE_IBPB_ENTRY 6
#define ALTERNATIVE_VERW 7

/* clang-format off: assembly */
#ifdef __ASSEMBLER__

/* old must be at least as long as new; what remains of it stays. */
    .macro ALTERNATIVE old, new, feature
661:
    \old
662:
    .pushsection .alternative_code, "a"
663:
    \new
664:
    .popsection
    .pushsection .alternatives, "a"
    .long 661b - .
    .long 663b - .
    .byte 664b - 663b
    .byte \feature
    .word 0
    .popsection
    .endm

/* What follows, up to the next label 669, runs only with the feature: a jump over it becomes a NOP. */
    .macro WITH feature
    ALTERNATIVE "jmp 669f", ".byte 0x66, 0x90", \feature
    .endm

/* STAC and CLAC, where the CPU has SMAP; the 3-byte NOP elsewhere. */
    .macro STAC
    ALTERNATIVE ".byte 0x0f, 0x1f, 0x00", ".byte 0x0f, 0x01, 0xcb", ALTERNATIVE_SMAP
    .endm
    .macro CLAC
    ALTERNATIVE ".byte 0x0f, 0x1f, 0x00", ".byte 0x0f, 0x01, 0xca", ALTERNATIVE_SMAP
    .endm

#else

#define ALTERNATIVE_TEXT(old, new, feature)                                                                            \
    "661:\n" old "\n662:\n"                                                                                            \
    ".pushsection .alternative_code, \"a\"\n663:\n" new "\n664:\n.popsection\n"                                        \
    ".pushsection .alternatives, \"a\"\n.long 661b - .\n.long 663b - .\n.byte 664b - 663b\n.byte " #feature            \
    "\n.word 0\n.popsection\n"

#endif

#endif
