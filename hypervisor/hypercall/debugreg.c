/* SPDX-License-Identifier: MIT */
/* set_debugreg and get_debugreg. */
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"

static unsigned int register_number(const struct hypercall_args *args)
{
    uint32_t n = (uint32_t)args->arg[0];

    return n > 7 ? 8 : n; /* 8: there is none */
}

int64_t hypercall_set_debugreg(struct hypercall_args *args)
{
    return guest_cpu_set_debugreg(port_current(), register_number(args), args->arg[1]);
}

int64_t hypercall_get_debugreg(struct hypercall_args *args)
{
    uint64_t value;
    int result = guest_cpu_get_debugreg(port_current(), register_number(args), &value);

    return result != 0 ? result : (int64_t)value;
}
