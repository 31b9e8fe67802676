/* SPDX-License-Identifier: MIT */
/* callback_op, set_callbacks and nmi_op: where the hypervisor enters the guest's kernel. */
#include "core/cpu_bits.h"
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/callback.h"
#include "pvabi/nmi.h"

static int nmi_register(struct vcpu *v, uint64_t address)
{
    if (!guest_address_canonical(address)) {
        return -XEN_EINVAL;
    }
    v->cpu.traps[VECTOR_NMI] = (struct trap_info){
        .vector = VECTOR_NMI,
        .flags = 1 << 2, /* masks events */
        .cs = FLAT_KERNEL_CS64,
        .address = address,
    };
    /* One that came before there was a handler is not lost. */
    if (v->id == 0 && v->domain->shared_info->arch.nmi_reason != 0) {
        v->cpu.nmi_pending = true;
    }
    return 0;
}

static void nmi_unregister(struct vcpu *v)
{
    v->cpu.traps[VECTOR_NMI] = (struct trap_info){0};
}

static struct guest_callback *callback_find(struct vcpu *v, unsigned int type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return &v->cpu.event;
    case CALLBACKTYPE_failsafe:
        return &v->cpu.failsafe;
    case CALLBACKTYPE_syscall:
        return &v->cpu.syscall;
    case CALLBACKTYPE_sysenter:
        return &v->cpu.sysenter;
    case CALLBACKTYPE_syscall32:
        return &v->cpu.syscall32;
    default:
        return NULL;
    }
}

static int callback_register(struct vcpu *v, const struct callback_register *request)
{
    struct guest_callback *callback = callback_find(v, request->type);

    if (!guest_address_canonical(request->address)) {
        return -XEN_EINVAL;
    }
    if (request->type == CALLBACKTYPE_nmi) {
        return nmi_register(v, request->address);
    }
    if (!callback) {
        return -XEN_ENOSYS;
    }
    *callback = (struct guest_callback){request->address, (request->flags & CALLBACKF_mask_events) != 0};
    return 0;
}

static int callback_unregister(struct vcpu *v, unsigned int type)
{
    if (type == CALLBACKTYPE_nmi) {
        nmi_unregister(v);
        return 0;
    }
    return callback_find(v, type) ? -XEN_EINVAL : -XEN_ENOSYS;
}

int64_t hypercall_callback_op(struct hypercall_args *args)
{
    struct callback_register request;
    struct callback_unregister end;

    switch ((int)args->arg[0]) {
    case CALLBACKOP_register:
        if (port_copy_from_guest(&request, hypercall_pointer(args, 1), sizeof(request)) != 0) {
            return -XEN_EFAULT;
        }
        return callback_register(port_current(), &request);
    case CALLBACKOP_unregister:
        if (port_copy_from_guest(&end, hypercall_pointer(args, 1), sizeof(end)) != 0) {
            return -XEN_EFAULT;
        }
        return callback_unregister(port_current(), end.type);
    default:
        return -XEN_ENOSYS;
    }
}

/* The older form: what cannot be set is left out in silence. */
int64_t hypercall_set_callbacks(struct hypercall_args *args)
{
    static const uint16_t types[] = {CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall};

    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        struct callback_register request = {.type = types[i], .address = args->arg[i]};
        int ignored = callback_register(port_current(), &request);

        (void)ignored;
    }
    return 0;
}

int64_t hypercall_nmi_op(struct hypercall_args *args)
{
    struct xennmi_callback request;

    switch ((uint32_t)args->arg[0]) {
    case XENNMI_register_callback:
        if (port_copy_from_guest(&request, hypercall_pointer(args, 1), sizeof(request)) != 0) {
            return -XEN_EFAULT;
        }
        return nmi_register(port_current(), request.handler_address);
    case XENNMI_unregister_callback:
        nmi_unregister(port_current());
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
