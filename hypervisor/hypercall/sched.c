/* SPDX-License-Identifier: MIT */
/* sched_op and its first form: yield, block, poll, shutdown, watchdogs, pinning. */
#include "hypercall/hypercall.h"

#include "core/domain.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/sched.h"

#define SCHED_POLL_PORTS_MAX 128u

static int sched_op_shutdown(struct domain *d, guest_va_t argument)
{
    struct sched_shutdown op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        domain_shutdown(d, (uint8_t)op.reason);
    }
    return ret;
}

static int sched_op_shutdown_code(struct domain *d, guest_va_t argument)
{
    struct sched_shutdown op;
    uint32_t none = 0;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (!ret) {
        port_cas_u32(&d->sched.latched_code, &none, (uint8_t)op.reason + 1u);
    }
    return ret;
}

static int sched_op_poll(guest_va_t argument)
{
    struct sched_poll op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    if (op.nr_ports > SCHED_POLL_PORTS_MAX) {
        return -XEN_EINVAL;
    }
    if (!guest_range_ok(GUEST_HANDLE_VA(op.ports), op.nr_ports * sizeof(evtchn_port_t))) {
        return -XEN_EFAULT;
    }
    return sched_poll_current(GUEST_HANDLE_VA(op.ports), op.nr_ports, op.timeout);
}

static int sched_op_remote_shutdown(struct domain *caller, guest_va_t argument)
{
    struct sched_remote_shutdown op;
    struct domain *d;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    d = domain_get(op.domain_id);
    if (!d) {
        return -XEN_ESRCH;
    }
    if (caller->privileged) {
        domain_shutdown(d, (uint8_t)op.reason);
    } else {
        ret = -XEN_EPERM;
    }
    domain_put(d);
    return ret;
}

static int sched_op_watchdog(struct domain *d, guest_va_t argument)
{
    struct sched_watchdog op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    return ret ? ret : sched_watchdog(d, op.id, op.timeout);
}

static int sched_op_pin_override(struct domain *d, guest_va_t argument)
{
    struct sched_pin_override op;
    int ret;

    if (d != domain_first) {
        return -XEN_EPERM;
    }
    ret = port_copy_from_guest(&op, argument, sizeof(op));
    return ret ? ret : sched_pin_override(port_current(), op.pcpu);
}

int64_t hypercall_sched_op(struct hypercall_args *args)
{
    struct domain *d = CURRENT_DOMAIN();
    guest_va_t argument = hypercall_pointer(args, 1);

    switch ((uint32_t)args->arg[0]) {
    case SCHEDOP_yield:
        sched_yield_current();
        return 0;
    case SCHEDOP_block:
        sched_block_current();
        return 0;
    case SCHEDOP_shutdown:
        return sched_op_shutdown(d, argument);
    case SCHEDOP_poll:
        return sched_op_poll(argument);
    case SCHEDOP_remote_shutdown:
        return sched_op_remote_shutdown(d, argument);
    case SCHEDOP_shutdown_code:
        return sched_op_shutdown_code(d, argument);
    case SCHEDOP_watchdog:
        return sched_op_watchdog(d, argument);
    case SCHEDOP_pin_override:
        return sched_op_pin_override(d, argument);
    default:
        return -XEN_ENOSYS;
    }
}

int64_t hypercall_sched_op_compat(struct hypercall_args *args)
{
    switch ((uint32_t)args->arg[0]) {
    case SCHEDOP_yield:
        sched_yield_current();
        return 0;
    case SCHEDOP_block:
        sched_block_current();
        return 0;
    case SCHEDOP_shutdown:
        domain_shutdown(CURRENT_DOMAIN(), (uint8_t)args->arg[1]);
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
