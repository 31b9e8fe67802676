/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: a guest starts, stops and looks at its own vCPUs, and tells where their shared areas and timers
 * are.
 */
#include "hypercall/hypercall.h"

#include "core/domain.h"
#include "core/heap.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

#define VCPU_PERIOD_MIN TIMER_NS_PER_MS
#define VCPU_PERIOD_MAX (UINT64_MAX >> 2)

static bool vcpu_is_down(const struct vcpu *v)
{
    return port_read_u32(&v->sched.pause_flags) & SCHED_PAUSE_DOWN;
}

/*
 * Loading may be preempted, so no lock guards it: of two that load one vCPU at once the second is too late.
 */
static int vcpu_load(struct vcpu *v, const struct vcpu_guest_context *context)
{
    int ret;

    if (port_swap_u32(&v->sched.loading, 1)) {
        return -XEN_EEXIST;
    }
    ret = v->initialised ? -XEN_EEXIST : guest_cpu_load(v, context);
    port_write_release_u32(&v->sched.loading, 0);
    if (!ret && (context->flags & VGCF_online)) {
        sched_pause_clear(v, SCHED_PAUSE_DOWN);
    }
    return ret;
}

static int vcpu_op_initialise(struct vcpu *v, guest_va_t argument)
{
    struct vcpu_guest_context *context;
    int ret;

    /* It could not be told of events. */
    if (v->evtchn.info == v->evtchn.own_info) {
        return -XEN_EINVAL;
    }
    context = heap_zalloc(sizeof(*context));
    if (!context) {
        return -XEN_ENOMEM;
    }
    ret = port_copy_from_guest(context, argument, sizeof(*context));
    if (!ret) {
        ret = vcpu_load(v, context);
    }
    heap_free(context);
    return ret;
}

static int vcpu_op_up(struct vcpu *v)
{
    struct lock_token held = lock_acquire(&v->domain->lock);
    int ret = v->initialised ? 0 : -XEN_EINVAL;

    lock_release(held);
    if (!ret) {
        sched_pause_clear(v, SCHED_PAUSE_DOWN);
    }
    return ret;
}

static bool vcpu_is_last(const struct vcpu *v)
{
    struct vcpu *other;

    DOMAIN_FOR_EACH_VCPU(v->domain, other) {
        if (other != v && !vcpu_is_down(other)) {
            return false;
        }
    }
    return true;
}

/* The last vCPU that goes down switches the domain off. */
static int vcpu_op_down(struct vcpu *v)
{
    struct lock_token held = lock_acquire(&v->domain->lock);
    bool last = vcpu_is_last(v);

    if (!last) {
        sched_pause_set(v, SCHED_PAUSE_DOWN);
    }
    lock_release(held);
    if (last) {
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
    }
    return 0;
}

static int vcpu_op_get_runstate(struct vcpu *v, guest_va_t argument)
{
    struct vcpu_runstate_info info;

    sched_runstate_get(v, &info);
    return port_copy_to_guest(argument, &info, sizeof(info));
}

/* Copies in the address of an area of size bytes; -XEN_EFAULT if it cannot be a guest's. */
static int vcpu_get_area(guest_va_t argument, size_t size, guest_va_t *area)
{
    uint64_t address;
    int ret = port_copy_from_guest(&address, argument, sizeof(address));

    *area = guest_va(address);
    return ret ? ret : guest_range_ok(*area, size) ? 0 : -XEN_EFAULT;
}

static int vcpu_op_register_runstate(struct vcpu *v, guest_va_t argument)
{
    guest_va_t area;
    int ret = vcpu_get_area(argument, sizeof(struct vcpu_runstate_info), &area);

    if (!ret) {
        sched_set_runstate_area(v, area);
    }
    return ret;
}

static int vcpu_op_register_time(struct vcpu *v, guest_va_t argument)
{
    guest_va_t area;
    int ret = vcpu_get_area(argument, sizeof(struct vcpu_time_info), &area);

    if (!ret) {
        sched_set_time_area(v, area);
    }
    return ret;
}

static int vcpu_op_set_periodic(struct vcpu *v, guest_va_t argument)
{
    struct vcpu_set_periodic_timer op;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    if (op.period_ns < VCPU_PERIOD_MIN || op.period_ns > VCPU_PERIOD_MAX) {
        return -XEN_EINVAL;
    }
    timer_vcpu_periodic(v, op.period_ns);
    return 0;
}

static int vcpu_op_set_singleshot(struct vcpu *v, guest_va_t argument)
{
    struct vcpu_set_singleshot_timer op;
    int ret;

    if (v != port_current()) {
        return -XEN_EINVAL;
    }
    ret = port_copy_from_guest(&op, argument, sizeof(op));
    if (!ret) {
        timer_vcpu_single_shot(v, op.timeout_abs_ns);
    }
    return ret;
}

static int vcpu_op_stop_singleshot(struct vcpu *v)
{
    if (v != port_current()) {
        return -XEN_EINVAL;
    }
    timer_vcpu_single_shot_stop(v);
    return 0;
}

static int vcpu_op_register_info(struct vcpu *v, guest_va_t argument)
{
    struct vcpu_register_vcpu_info op;
    struct lock_token held;
    int ret = port_copy_from_guest(&op, argument, sizeof(op));

    if (ret) {
        return ret;
    }
    held = lock_acquire(&v->domain->lock);
    ret = evtchn_vcpu_info_register(v, mfn(op.mfn), op.offset);
    lock_release(held);
    return ret;
}

static int vcpu_op_send_nmi(struct vcpu *v, guest_va_t argument)
{
    if (argument.n != 0) {
        return -XEN_EINVAL;
    }
    sched_send_nmi(v);
    return 0;
}

/* Only the first domain's vCPUs that may use a single CPU have an answer, and it goes by the vCPU's number. */
static int vcpu_op_get_physid(struct vcpu *v, guest_va_t argument)
{
    struct cpumask affinity = {port_read_u64(&v->sched.affinity.bits)};
    struct vcpu_get_physid op;

    if (v->domain != domain_first || cpumask_count(affinity) != 1 || v->id >= CPU_MAX ||
        !cpumask_has(port_cpus_online(), v->id)) {
        return -XEN_EINVAL;
    }
    op.phys_id = port_cpu_apic_id(v->id) | (uint64_t)port_cpu_acpi_id(v->id) << 32;
    return port_copy_to_guest(argument, &op, sizeof(op));
}

int64_t hypercall_vcpu_op(struct hypercall_args *args)
{
    struct vcpu *v = domain_vcpu(CURRENT_DOMAIN(), (uint32_t)args->arg[1]);
    guest_va_t argument = hypercall_pointer(args, 2);

    if (!v) {
        return -XEN_ENOENT;
    }
    switch ((uint32_t)args->arg[0]) {
    case VCPUOP_initialise:
        return vcpu_op_initialise(v, argument);
    case VCPUOP_up:
        return vcpu_op_up(v);
    case VCPUOP_down:
        return vcpu_op_down(v);
    case VCPUOP_is_up:
        return !vcpu_is_down(v);
    case VCPUOP_get_runstate_info:
        return vcpu_op_get_runstate(v, argument);
    case VCPUOP_register_runstate_memory_area:
        return vcpu_op_register_runstate(v, argument);
    case VCPUOP_set_periodic_timer:
        return vcpu_op_set_periodic(v, argument);
    case VCPUOP_stop_periodic_timer:
        timer_vcpu_periodic(v, 0);
        return 0;
    case VCPUOP_set_singleshot_timer:
        return vcpu_op_set_singleshot(v, argument);
    case VCPUOP_stop_singleshot_timer:
        return vcpu_op_stop_singleshot(v);
    case VCPUOP_register_vcpu_info:
        return vcpu_op_register_info(v, argument);
    case VCPUOP_send_nmi:
        return vcpu_op_send_nmi(v, argument);
    case VCPUOP_get_physid:
        return vcpu_op_get_physid(v, argument);
    case VCPUOP_register_vcpu_time_memory_area:
        return vcpu_op_register_time(v, argument);
    default:
        return -XEN_ENOSYS;
    }
}
