/* SPDX-License-Identifier: MIT */
/* The numbers of hypercalls that there are, and their names for people. */
#ifndef CORE_CALL_NAMES_H
#define CORE_CALL_NAMES_H

#include "lib/types.h"

/* CALL_NUMBERS is one more than the highest number: the list rises. */
enum call_number {
#define PVABI_HYPERCALL(number, name, count, who, preempt) CALL_##name = (number),
#include "pvabi/hypercall-list.h"
#undef PVABI_HYPERCALL
    CALL_NUMBERS
};

/* NULL for a number that has none. Any number may be asked about. */
const char *call_name(uint64_t number);

#endif
