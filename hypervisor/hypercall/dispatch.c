/* SPDX-License-Identifier: MIT */
/* The one way from a number to a handler. */
#include "core/domain.h"
#include "core/refusal.h"
#include "core/trace.h"
#include "hypercall/hypercall.h"
#include "lib/nospec.h"
#include "port/cpu.h"

struct hypercall_entry {
    hypercall_handler *handler;
    bool privileged_only;
};

#define ANY                                                false
#define PRIV                                               true
#define PVABI_HYPERCALL(number, name, count, who, preempt) [number] = {hypercall_##name, who},
static const struct hypercall_entry entries[] = {
#include "pvabi/hypercall-list.h"
};
#undef PVABI_HYPERCALL
#undef ANY
#undef PRIV

static int64_t hypercall_call(uint64_t number, struct hypercall_args *args)
{
    const struct hypercall_entry *entry;

    if (number >= ARRAY_SIZE(entries)) {
        return -XEN_ENOSYS;
    }
    entry = &entries[index_nospec(number, ARRAY_SIZE(entries))];
    if (!entry->handler) {
        return -XEN_ENOSYS;
    }
    if (entry->privileged_only && !CURRENT_DOMAIN()->privileged) {
        return -XEN_EPERM;
    }
    return entry->handler(args);
}

/* Results between are errnos; a handler's other answers are far away, or not negative. */
#define ERRNO_MAX 4095

int64_t hypercall_run(uint64_t number, struct hypercall_args *args)
{
    int64_t result;

    if (trace_wants(PVABI_TRC_CLASS)) {
        trace_hypercall(port_current(), number, args->arg);
    }
    result = hypercall_call(number, args);
    if (trace_wants(PVABI_TRC_CLASS)) {
        trace_hypercall_end(port_current(), number, result);
    }
    if (UNLIKELY(result < 0 && result >= -ERRNO_MAX && result != HYPERCALL_RESTART)) {
        refusal_note(CURRENT_DOMAIN(), number, (uint32_t)-result);
    }
    return result;
}
