/* SPDX-License-Identifier: MIT */
/* The one way from a number to a handler. */
#include "core/domain.h"
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

int64_t hypercall_run(uint64_t number, struct hypercall_args *args)
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
