/* SPDX-License-Identifier: MIT */
/* vm_assist: what the hypervisor does for a domain beyond the plain interface. */
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/atomic.h"
#include "port/cpu.h"

int64_t hypercall_vm_assist(struct hypercall_args *args)
{
    struct domain *d = CURRENT_DOMAIN();
    uint32_t type = (uint32_t)args->arg[1];

    if (type >= 64 || !(GUEST_VM_ASSISTS >> type & 1)) {
        return -XEN_EINVAL;
    }
    switch ((uint32_t)args->arg[0]) {
    case VMASST_CMD_enable:
        port_or_u64(&d->vm_assist, 1ull << type);
        return 0;
    case VMASST_CMD_disable:
        port_and_u64(&d->vm_assist, ~(1ull << type));
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
