/* SPDX-License-Identifier: MIT */
/* set_trap_table and iret: the guest's handlers of exceptions, and the way back from them. */
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

int64_t hypercall_set_trap_table(struct hypercall_args *args)
{
    struct vcpu *v = port_current();
    struct trap_info trap;

    if (args->arg[0] == 0) {
        memset(v->cpu.traps, 0, GUEST_TRAPS * sizeof(*v->cpu.traps));
        return 0;
    }
    for (;;) {
        if (port_copy_from_guest(&trap, hypercall_pointer(args, 0), sizeof(trap)) != 0) {
            return -XEN_EFAULT;
        }
        if (trap.address == 0) {
            return 0;
        }
        if (!guest_address_canonical(trap.address)) {
            return -XEN_EINVAL;
        }
        trap.cs = guest_selector_fix(trap.cs);
        v->cpu.traps[index_nospec(trap.vector, GUEST_TRAPS)] = trap;
        args->arg[0] += sizeof(trap);
        if (port_preempt_pending()) {
            return HYPERCALL_RESTART;
        }
    }
}

int64_t hypercall_iret(struct hypercall_args *args)
{
    struct vcpu *v = port_current();
    struct cpu_user_regs *regs = port_vcpu_regs(v);

    (void)args;
    guest_cpu_iret(v, regs);
    /* The dispatcher puts the result into rax, where the frame's value belongs. */
    return (int64_t)regs->rax;
}
