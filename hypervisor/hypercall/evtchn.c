/* SPDX-License-Identifier: MIT */
/* event_channel_op and its first form: decodes the commands and gives them to core/evtchn.h. */
#include "hypercall/hypercall.h"

#include "core/domain.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/event_channel.h"

/* The restart of a preempted EVTCHNOP_reset: the ABI's number, which guests do not use. */
#define EVTCHNOP_RESET_CONTINUE 14u

/* A domain that d names and may control, with a reference: -XEN_ESRCH, -XEN_EPERM. */
static int evtchn_op_target(struct domain *d, domid_t id, struct domain **target)
{
    *target = domain_get_or_self(id);
    if (!*target) {
        return -XEN_ESRCH;
    }
    if (!domain_may_control(d, *target)) {
        domain_put(*target);
        return -XEN_EPERM;
    }
    return 0;
}

static int evtchn_op_alloc_unbound(struct domain *d, guest_va_t argument)
{
    struct evtchn_alloc_unbound op;
    struct domain *target;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_op_target(d, op.dom, &target);
    }
    if (ret) {
        return ret;
    }
    ret = evtchn_alloc_unbound(target, op.remote_dom == DOMID_SELF ? d->id : op.remote_dom, &op.port);
    if (!ret) {
        ret = port_copy_to_guest(argument, &op, sizeof(op));
    }
    domain_put(target);
    return ret;
}

static int evtchn_op_bind_interdomain(struct domain *d, guest_va_t argument)
{
    struct evtchn_bind_interdomain op;
    struct domain *remote;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    remote = domain_get_or_self(op.remote_dom);
    if (!remote) {
        return -XEN_ESRCH;
    }
    ret = evtchn_bind_interdomain(d, remote, op.remote_port, &op.local_port);
    if (!ret) {
        ret = port_copy_to_guest(argument, &op, sizeof(op));
    }
    domain_put(remote);
    return ret;
}

static int evtchn_op_bind_virq(struct domain *d, guest_va_t argument)
{
    struct evtchn_bind_virq op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_bind_virq(d, op.virq, op.vcpu, &op.port);
    }
    return ret ? ret : port_copy_to_guest(argument, &op, sizeof(op));
}

static int evtchn_op_bind_ipi(struct domain *d, guest_va_t argument)
{
    struct evtchn_bind_ipi op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_bind_ipi(d, op.vcpu, &op.port);
    }
    return ret ? ret : port_copy_to_guest(argument, &op, sizeof(op));
}

static int evtchn_op_bind_pirq(struct domain *d, guest_va_t argument)
{
    struct evtchn_bind_pirq op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_bind_pirq(d, op.pirq, op.flags & BIND_PIRQ__WILL_SHARE, &op.port);
    }
    return ret ? ret : port_copy_to_guest(argument, &op, sizeof(op));
}

static int evtchn_op_close(struct domain *d, guest_va_t argument)
{
    struct evtchn_close op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_close(d, op.port);
}

static int evtchn_op_send(struct domain *d, guest_va_t argument)
{
    struct evtchn_send op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_send(d, op.port);
}

static int evtchn_op_status(struct domain *d, guest_va_t argument)
{
    struct evtchn_status op;
    struct domain *target;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_op_target(d, op.dom, &target);
    }
    if (ret) {
        return ret;
    }
    ret = evtchn_get_status(target, op.port, &op);
    if (!ret) {
        ret = port_copy_to_guest(argument, &op, sizeof(op));
    }
    domain_put(target);
    return ret;
}

static int evtchn_op_bind_vcpu(struct domain *d, guest_va_t argument)
{
    struct evtchn_bind_vcpu op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_bind_vcpu(d, op.port, op.vcpu);
}

static int evtchn_op_unmask(struct domain *d, guest_va_t argument)
{
    struct evtchn_unmask op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_unmask(d, op.port);
}

/* Another domain's channels may be reset only while its toolstack has it paused. */
static int evtchn_op_reset(struct domain *d, guest_va_t argument, bool resuming)
{
    struct evtchn_reset op;
    struct domain *target;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        ret = evtchn_op_target(d, op.dom, &target);
    }
    if (ret) {
        return ret;
    }
    if (target != d && target->toolstack_pauses == 0) {
        ret = -XEN_EINVAL;
    } else {
        ret = evtchn_reset(target, resuming);
    }
    domain_put(target);
    return ret;
}

static int evtchn_op_init_control(struct domain *d, guest_va_t argument)
{
    struct evtchn_init_control op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    ret = evtchn_fifo_init_control(d, op.vcpu, mfn(op.control_gfn), op.offset);
    if (!ret) {
        op.link_bits = EVTCHN_FIFO_LINK_BITS;
        ret = port_copy_to_guest(argument, &op, sizeof(op));
    }
    return ret;
}

static int evtchn_op_expand_array(struct domain *d, guest_va_t argument)
{
    struct evtchn_expand_array op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_fifo_expand_array(d, mfn(op.array_gfn));
}

static int evtchn_op_set_priority(struct domain *d, guest_va_t argument)
{
    struct evtchn_set_priority op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : evtchn_set_priority(d, op.port, op.priority);
}

/* The commands that the first form has too. */
static int evtchn_op_old(struct domain *d, uint64_t command, guest_va_t argument)
{
    switch (command) {
    case EVTCHNOP_alloc_unbound:
        return evtchn_op_alloc_unbound(d, argument);
    case EVTCHNOP_bind_interdomain:
        return evtchn_op_bind_interdomain(d, argument);
    case EVTCHNOP_bind_virq:
        return evtchn_op_bind_virq(d, argument);
    case EVTCHNOP_bind_pirq:
        return evtchn_op_bind_pirq(d, argument);
    case EVTCHNOP_bind_ipi:
        return evtchn_op_bind_ipi(d, argument);
    case EVTCHNOP_close:
        return evtchn_op_close(d, argument);
    case EVTCHNOP_send:
        return evtchn_op_send(d, argument);
    case EVTCHNOP_status:
        return evtchn_op_status(d, argument);
    case EVTCHNOP_bind_vcpu:
        return evtchn_op_bind_vcpu(d, argument);
    case EVTCHNOP_unmask:
        return evtchn_op_unmask(d, argument);
    default:
        return -XEN_ENOSYS;
    }
}

int64_t hypercall_event_channel_op(struct hypercall_args *args)
{
    struct domain *d = CURRENT_DOMAIN();
    guest_va_t argument = hypercall_pointer(args, 1);
    int ret;

    switch ((uint32_t)args->arg[0]) {
    case EVTCHNOP_reset:
    case EVTCHNOP_RESET_CONTINUE:
        ret = evtchn_op_reset(d, argument, (uint32_t)args->arg[0] == EVTCHNOP_RESET_CONTINUE);
        if (ret == -XEN_ERESTART) {
            args->arg[0] = EVTCHNOP_RESET_CONTINUE;
        }
        return ret;
    case EVTCHNOP_init_control:
        return evtchn_op_init_control(d, argument);
    case EVTCHNOP_expand_array:
        return evtchn_op_expand_array(d, argument);
    case EVTCHNOP_set_priority:
        return evtchn_op_set_priority(d, argument);
    default:
        return evtchn_op_old(d, (uint32_t)args->arg[0], argument);
    }
}

int64_t hypercall_event_channel_op_compat(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 0);
    struct evtchn_op op; /* whole, for it must be readable whole */

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    return evtchn_op_old(CURRENT_DOMAIN(), op.cmd, guest_va(argument.n + offsetof(struct evtchn_op, u)));
}
