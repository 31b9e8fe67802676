/* SPDX-License-Identifier: MIT */
/* domctl: vCPUs, their contexts and where they run; the CPU policy. */
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/heap.h"
#include "hypercall/cpumap.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

static int64_t load_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    /* Against another load, and against death, which would not see the tables that this one takes. */
    int error = domain_begin_change(v->domain);

    if (error) {
        return error;
    }
    domain_pause(v->domain);
    error = guest_cpu_load(v, c);
    if (!error) {
        if (c->flags & VGCF_online) {
            sched_pause_clear(v, SCHED_PAUSE_DOWN);
        } else {
            sched_pause_set(v, SCHED_PAUSE_DOWN);
        }
    }
    domain_unpause(v->domain);
    domain_end_change(v->domain);
    return error;
}

/* The vCPU becomes as a new one: down, without context. Preemptible; what is dropped already stays so. */
static int64_t reset(struct vcpu *v)
{
    int error = domain_begin_change(v->domain);

    if (error) {
        return error;
    }
    domain_pause(v->domain);
    sched_pause_set(v, SCHED_PAUSE_DOWN);
    error = guest_cpu_reset(v);
    domain_unpause(v->domain);
    domain_end_change(v->domain);
    return error;
}

int64_t domctl_sendtrigger(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

    (void)copy_back;
    if (!v) {
        return -XEN_ESRCH;
    }
    switch (op->u.sendtrigger.trigger) {
    case XEN_DOMCTL_SENDTRIGGER_NMI:
        sched_send_nmi(v);
        return 0;
    case XEN_DOMCTL_SENDTRIGGER_POWER: /* buttons are a full virtual machine's */
    case XEN_DOMCTL_SENDTRIGGER_SLEEP:
        return -XEN_EINVAL;
    default:
        return -XEN_ENOSYS;
    }
}

int64_t domctl_setvcpucontext(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
    struct vcpu_guest_context *c;
    int64_t error;

    (void)copy_back;
    if (d == CURRENT_DOMAIN() || !v) {
        return -XEN_EINVAL;
    }
    if (!op->u.vcpucontext.ctxt.p) {
        return reset(v);
    }
    c = heap_zalloc(sizeof(*c));
    if (!c) {
        return -XEN_ENOMEM;
    }
    error = port_copy_from_guest(c, GUEST_HANDLE_VA(op->u.vcpucontext.ctxt), sizeof(*c));
    error = error ? error : load_context(v, c);
    heap_free(c);
    return error;
}

int64_t domctl_getvcpucontext(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
    struct vcpu_guest_context *c;
    int64_t error;

    (void)copy_back;
    if (d == CURRENT_DOMAIN() || !v) {
        return -XEN_EINVAL;
    }
    if (!v->initialised) {
        return -XEN_ENODATA;
    }
    c = heap_zalloc(sizeof(*c));
    if (!c) {
        return -XEN_ENOMEM;
    }
    domain_pause(d);
    guest_cpu_save(v, c);
    domain_unpause(d);
    error = port_copy_to_guest(GUEST_HANDLE_VA(op->u.vcpucontext.ctxt), c, sizeof(*c));
    heap_free(c);
    return error;
}

/* A number that the domain was not created for is another error than a vCPU that was not made yet. */
static int64_t no_vcpu(const struct domain *d, uint32_t id)
{
    return id >= d->vcpu_count ? -XEN_EINVAL : -XEN_ESRCH;
}

int64_t domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v = domain_vcpu(d, info->vcpu);
    struct vcpu_runstate_info runstate;

    if (!v) {
        return no_vcpu(d, info->vcpu);
    }
    sched_runstate_get(v, &runstate);
    info->online = !(v->sched.pause_flags & SCHED_PAUSE_DOWN);
    info->blocked = (v->sched.pause_flags & SCHED_PAUSE_BLOCKED) != 0;
    info->running = v->sched.running;
    info->cpu_time = runstate.time[RUNSTATE_running];
    info->cpu = v->sched.cpu;
    *copy_back = true;
    return 0;
}

int64_t domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(d, a->vcpu);
    struct cpumask hard, soft;
    int64_t error = 0;

    (void)copy_back;
    if (!v) {
        return no_vcpu(d, a->vcpu);
    }
    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))) {
        return -XEN_EINVAL;
    }
    hard = v->sched.affinity;
    soft = v->sched.soft_affinity;
    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        error = cpumap_get(&a->cpumap_hard, &hard);
    }
    if (!error && a->flags & XEN_VCPUAFFINITY_SOFT) {
        error = cpumap_get(&a->cpumap_soft, &soft);
    }
    error = error ? error : sched_set_affinity(v, hard, soft);
    /* The caller learns what is in force. */
    if (!error && a->flags & XEN_VCPUAFFINITY_HARD) {
        error = cpumap_put(&a->cpumap_hard, v->sched.affinity);
    }
    if (!error && a->flags & XEN_VCPUAFFINITY_SOFT) {
        error = cpumap_put(&a->cpumap_soft, v->sched.soft_affinity);
    }
    return error;
}

int64_t domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(d, a->vcpu);
    int64_t error = 0;

    (void)copy_back;
    if (!v) {
        return no_vcpu(d, a->vcpu);
    }
    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))) {
        return -XEN_EINVAL;
    }
    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        error = cpumap_put(&a->cpumap_hard, v->sched.affinity);
    }
    if (!error && a->flags & XEN_VCPUAFFINITY_SOFT) {
        error = cpumap_put(&a->cpumap_soft, v->sched.soft_affinity);
    }
    return error;
}

int64_t domctl_scheduler_op(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->sched_id != sched_policy_id() || s->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -XEN_EINVAL;
    }
    switch (s->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo:
        /* 0 and all ones leave weight and cap as they are. */
        return sched_domain_set_share(d, s->u.credit2.weight ? s->u.credit2.weight : d->sched.weight,
                                      s->u.credit2.cap != 0xffff ? s->u.credit2.cap : d->sched.cap);
    case XEN_DOMCTL_SCHEDOP_getinfo:
        s->u.credit2 = (struct xen_domctl_sched_credit2){(uint16_t)d->sched.weight, (uint16_t)d->sched.cap};
        *copy_back = true;
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

int64_t domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    *copy_back = true;
    return cpu_policy_to_guest(d->cpu_policy, GUEST_HANDLE_VA(op->u.cpu_policy.leaves),
                               &op->u.cpu_policy.nr_leaves, GUEST_HANDLE_VA(op->u.cpu_policy.msrs),
                               &op->u.cpu_policy.nr_msrs);
}

int64_t domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
    struct guest_cpu_policy *fresh;
    struct lock_token token;
    int64_t error = 0;

    (void)copy_back;
    if (d == CURRENT_DOMAIN() || p->nr_leaves > 2 * CPU_POLICY_LEAVES_MAX ||
        p->nr_msrs > 2 * CPU_POLICY_MSRS) {
        return d == CURRENT_DOMAIN() ? -XEN_EINVAL : -XEN_E2BIG;
    }
    fresh = heap_zalloc(sizeof(*fresh));
    if (!fresh) {
        return -XEN_ENOMEM;
    }
    memcpy(fresh, d->cpu_policy, sizeof(*fresh));
    for (uint32_t i = 0; i < p->nr_leaves && !error; i++) {
        xen_cpuid_leaf_t leaf;

        error = GUEST_ARRAY_GET(&leaf, GUEST_HANDLE_VA(p->leaves), i);
        error = error ? error : cpu_policy_put_leaf(fresh, &leaf);
    }
    for (uint32_t i = 0; i < p->nr_msrs && !error; i++) {
        xen_msr_entry_t entry;

        error = GUEST_ARRAY_GET(&entry, GUEST_HANDLE_VA(p->msrs), i);
        error = error ? error : cpu_policy_put_msr(fresh, &entry);
    }
    if (!error) {
        cpu_policy_clamp(fresh);
        domain_pause(d);
        token = lock_acquire(&d->lock);
        memcpy(d->cpu_policy, fresh, sizeof(*fresh));
        lock_release(token);
        domain_unpause(d);
    }
    heap_free(fresh);
    return error;
}
