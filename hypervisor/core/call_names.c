/* SPDX-License-Identifier: MIT */
/* The names of hypercalls. */
#include "core/call_names.h"

#include "lib/nospec.h"

static const char *const names[CALL_NUMBERS] = {
#define PVABI_HYPERCALL(number, name, count, who, preempt) [number] = #name,
#include "pvabi/hypercall-list.h"
#undef PVABI_HYPERCALL
};

const char *call_name(uint64_t number)
{
    return number < CALL_NUMBERS ? names[index_nospec(number, CALL_NUMBERS)] : NULL;
}
