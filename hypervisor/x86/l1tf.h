/* SPDX-License-Identifier: MIT */
/* L1 terminal fault: whether this CPU has it, and which entries of page tables are safe. */
#ifndef X86_L1TF_H
#define X86_L1TF_H

#include "lib/types.h"

/* A choice of the command line: the default is off for the first domain, and on for others where the CPU is
 * affected. */
enum x86_choice {
    X86_CHOICE_DEFAULT,
    X86_CHOICE_OFF,
    X86_CHOICE_ON,
};

/* Whether the CPU says that it does not fetch data of others by faulting loads (Meltdown, L1TF). */
bool x86_rdcl_no(void);

/* Whether it says that its buffers show nothing to others (MDS). */
bool x86_mds_no(void);

/* Sets up pte_l1tf (core/pte.h). Once, when the features and the memory map are known. */
void x86_l1tf_init(enum x86_choice first, enum x86_choice others);

#endif
