/* SPDX-License-Identifier: MIT */
/* For assembly: names the place at which to go on when an instruction faults (x86_extable_find in x86/guest_copy.h). */
#ifndef X86_EXTABLE_H
#define X86_EXTABLE_H

    .macro FIXUP from, to
    .pushsection .extable, "a"
    .balign 4
    .long \from - .
    .long \to - .
    .popsection
    .endm

#endif
