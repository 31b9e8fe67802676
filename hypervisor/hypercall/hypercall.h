/* SPDX-License-Identifier: MIT */
/*
 * Hypercall handlers: one for each line of pvabi/hypercall-list.h, one file a family. A handler decodes and
 * checks what the guest passed, then calls core. The running vCPU (port_current) is the caller. No lock is
 * held on entry or return.
 */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "lib/types.h"
#include "pvabi/errno.h"
#include "pvabi/xen.h"

struct hypercall_args {
    uint64_t arg[5];
};

/*
 * A handler that was preempted (port_preempt_pending) leaves its progress in args (and, as the ABI defines
 * it, in guest memory) and returns this: the same hypercall is issued again with the changed arguments. The
 * guest can forge such arguments: they are checked like any others.
 */
#define HYPERCALL_RESTART ((int64_t)-XEN_ERESTART)

/* An iret ended a multicall: the guest's registers are final, rax too. No handler has another reason to return this. */
#define HYPERCALL_IRET_DONE INT64_MIN

/* The result goes to the guest's rax. Handlers that list who = PRIV are called for the privileged domain
 * only. */
typedef int64_t hypercall_handler(struct hypercall_args *args);

#define PVABI_HYPERCALL(number, name, count, who, preempt) hypercall_handler hypercall_##name;
#include "pvabi/hypercall-list.h"
#undef PVABI_HYPERCALL

/*
 * Runs hypercall number of the current vCPU with args; the dispatcher of the entry path and of multicall.
 * -XEN_ENOSYS for a number that is not in the list, -XEN_EPERM for a caller without the right; may return
 * HYPERCALL_RESTART.
 */
int64_t hypercall_run(uint64_t number, struct hypercall_args *args);

/* Short forms for handlers' arguments. */
static inline guest_va_t hypercall_pointer(const struct hypercall_args *args, unsigned int index)
{
    return guest_va(args->arg[index]);
}

#endif
