/* SPDX-License-Identifier: MIT */
/* L1 terminal fault: whether this CPU has it, and which entries of page tables are safe. */
#ifndef X86_L1TF_H
#define X86_L1TF_H

/* A choice of the command line: the default is off for the first domain, and on for others where the CPU is
 * affected. */
enum x86_choice {
    X86_CHOICE_DEFAULT,
    X86_CHOICE_OFF,
    X86_CHOICE_ON,
};

/* Sets up pte_l1tf (core/pte.h). Once, when the features and the memory map are known. */
void x86_l1tf_init(enum x86_choice first, enum x86_choice others);

#endif
