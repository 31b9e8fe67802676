/* SPDX-License-Identifier: MIT */
/*
 * set_gdt, update_descriptor, set_segment_base, stack_switch and fpu_taskswitch: segments and what a context
 * switch sets.
 */
#include "core/descriptor.h"
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

int64_t hypercall_set_gdt(struct hypercall_args *args)
{
    uint64_t frames[GUEST_GDT_FRAMES];
    uint32_t entries = (uint32_t)args->arg[1];

    if (entries > FIRST_RESERVED_GDT_ENTRY) {
        return -XEN_EINVAL;
    }
    if (port_copy_from_guest(frames, hypercall_pointer(args, 0),
                             ROUND_UP(entries, DESCRIPTORS_IN_PAGE) / DESCRIPTORS_IN_PAGE *
                                 sizeof(frames[0])) != 0) {
        return -XEN_EFAULT;
    }
    return guest_cpu_set_gdt(port_current(), frames, entries);
}

int64_t hypercall_update_descriptor(struct hypercall_args *args)
{
    return descriptor_update(args->arg[0], args->arg[1]);
}

int64_t hypercall_set_segment_base(struct hypercall_args *args)
{
    uint64_t base = args->arg[1];

    if (args->arg[0] == SEGBASE_GS_USER_SEL) {
        port_load_gs_other((uint16_t)base);
        return 0;
    }
    if (args->arg[0] > SEGBASE_GS_USER_SEL || !guest_address_canonical(base)) {
        return -XEN_EINVAL;
    }
    if (args->arg[0] == SEGBASE_FS) {
        port_set_fs_base(base);
    } else if (args->arg[0] == SEGBASE_GS_USER) {
        port_set_gs_base_other(base);
    } else {
        port_set_gs_base(base);
    }
    return 0;
}

int64_t hypercall_stack_switch(struct hypercall_args *args)
{
    struct vcpu *v = port_current();

    v->cpu.kernel_ss = guest_selector_fix(args->arg[0]);
    v->cpu.kernel_sp = args->arg[1];
    return 0;
}

int64_t hypercall_fpu_taskswitch(struct hypercall_args *args)
{
    guest_cpu_set_ts(port_current(), (int)args->arg[0] != 0);
    return 0;
}
