/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls, each with its result. A preempted entry is written back with its progress
 * and the multicall itself goes on later, with the list's rest as its arguments.
 */
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

static int64_t stop_at(struct hypercall_args *args, guest_va_t list, uint64_t left)
{
    args->arg[0] = list.n;
    args->arg[1] = left;
    return HYPERCALL_RESTART;
}

/* Runs one entry: 0, -XEN_EFAULT, or HYPERCALL_RESTART with the entry's progress stored. */
static int64_t run_entry(guest_va_t at, struct multicall_entry *entry)
{
    struct hypercall_args inner = {
        {entry->args[0], entry->args[1], entry->args[2], entry->args[3], entry->args[4]}};
    int64_t result;

    /* A multicall in a multicall would nest without end. */
    result = entry->op == __HYPERVISOR_multicall ? -XEN_EINVAL : hypercall_run(entry->op, &inner);
    if (result == HYPERCALL_RESTART) {
        if (port_copy_to_guest(guest_va(at.n + offsetof(struct multicall_entry, args)), inner.arg,
                               sizeof(inner.arg))) {
            return -XEN_EFAULT;
        }
        return HYPERCALL_RESTART;
    }
    return port_copy_to_guest(guest_va(at.n + offsetof(struct multicall_entry, result)), &result,
                              sizeof(result));
}

int64_t hypercall_multicall(struct hypercall_args *args)
{
    struct vcpu *v = port_current();
    guest_va_t list = hypercall_pointer(args, 0);
    /* The ABI's count has 32 bits. */
    uint64_t count = (uint32_t)args->arg[1];

    if (!guest_range_ok(list, 0)) {
        return -XEN_EFAULT;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct multicall_entry entry;
        int64_t result;

        if (i > 0 && port_preempt_pending()) {
            return stop_at(args, list, count - i);
        }
        if (port_copy_from_guest(&entry, list, sizeof(entry))) {
            return -XEN_EFAULT;
        }
        if (entry.op == __HYPERVISOR_iret) {
            /* It ends the list: the guest goes on elsewhere and never sees a result. */
            guest_cpu_iret(v, port_vcpu_regs(v));
            return HYPERCALL_IRET_DONE;
        }
        result = run_entry(list, &entry);
        if (result == HYPERCALL_RESTART) {
            return stop_at(args, list, count - i);
        }
        if (result) {
            return result;
        }
        list.n += sizeof(entry);
    }
    return 0;
}
