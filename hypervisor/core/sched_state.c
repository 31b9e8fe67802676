/* SPDX-License-Identifier: MIT */
/* Why a vCPU does not run: pausing, blocking, polling, waking; and where it may run. */
#include "core/sched_policy.h"

#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/time.h"
#include "pvabi/errno.h"

/* Reasons that leave a vCPU as it is for its guest: it would run if it could. */
#define SCHED_PAUSE_HIDDEN SCHED_PAUSE_CAP

bool sched_is_runnable(const struct vcpu *v)
{
    return port_read_u32(&v->sched.pause_flags) == 0 && port_read_u32(&v->domain->pause_count) == 0;
}

int sched_runstate_waiting(const struct vcpu *v)
{
    uint32_t flags = port_read_u32(&v->sched.pause_flags);

    if (flags & SCHED_PAUSE_BLOCKED) {
        return RUNSTATE_blocked;
    }
    if ((flags & ~SCHED_PAUSE_HIDDEN) || port_read_u32(&v->domain->pause_count)) {
        return RUNSTATE_offline;
    }
    return RUNSTATE_runnable;
}

/* Takes a vCPU that may not run any more from its queue, or off its CPU. */
static void sched_stop(struct vcpu *v)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);

    if (!sched_is_runnable(v)) {
        if (c->current == v) {
            port_cpu_reschedule(c->id);
        } else {
            if (min_heap_has(&v->sched.queue_node)) {
                sched_policy_now()->remove(c, v);
            }
            sched_runstate_set(v, sched_runstate_waiting(v), port_time_now());
        }
    }
    lock_release(held);
}

void sched_pause_set(struct vcpu *v, uint32_t flags)
{
    port_or_u32(&v->sched.pause_flags, flags);
    sched_stop(v);
    if ((flags & SCHED_PAUSE_DOWN) && sched_policy_now()->release) {
        sched_policy_now()->release(v);
    }
}

void sched_pause_clear(struct vcpu *v, uint32_t flags)
{
    port_and_u32(&v->sched.pause_flags, ~flags);
    if (sched_is_runnable(v)) {
        sched_enqueue(v);
    } else {
        sched_stop(v); /* its runstate tells the reasons that are left */
    }
}

void sched_wait_descheduled(struct vcpu *v)
{
    ASSERT(v != port_current());
    while (port_read_u8(&v->sched.running)) {
        port_cpu_relax();
    }
    port_barrier();
    port_vcpu_sync(v);
}

void sched_wake(struct vcpu *v)
{
    evtchn_poll_end(v);
    if (port_read_u32(&v->sched.pause_flags) & SCHED_PAUSE_BLOCKED) {
        sched_pause_clear(v, SCHED_PAUSE_BLOCKED);
    }
}

void sched_kick(struct vcpu *v)
{
    if (port_read_u8(&v->sched.running) && v != port_current()) {
        port_cpu_kick(port_read_u32(&v->sched.cpu));
    }
}

void sched_block_current(void)
{
    struct vcpu *v = port_current();

    port_write_u8(&v->evtchn.info->evtchn_upcall_mask, 0);
    /*
     * A full barrier: pairs with the one in evtchn_mark_upcall. Either we see the event, or its sender sees
     * us blocked.
     */
    port_or_u32(&v->sched.pause_flags, SCHED_PAUSE_BLOCKED);
    if (evtchn_upcall_pending(&v->evtchn)) {
        port_and_u32(&v->sched.pause_flags, ~SCHED_PAUSE_BLOCKED);
    } else {
        port_cpu_reschedule(port_cpu_id());
    }
}

void sched_yield_current(void)
{
    port_current()->sched.yielded = true;
    port_cpu_reschedule(port_cpu_id());
}

/* 1 if a poll need not sleep, 0 if it must, or an errno; *last is the port that was looked at last. */
static int sched_poll_ready(struct vcpu *v, guest_va_t ports, uint32_t count, evtchn_port_t *last)
{
    if (evtchn_upcall_due(&v->evtchn)) {
        return 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        int ret = GUEST_ARRAY_GET(last, ports, i);

        if (!ret) {
            ret = evtchn_port_pending(v->domain, *last);
        }
        if (ret) {
            return ret;
        }
    }
    return 0;
}

int sched_poll_current(guest_va_t ports, uint32_t count, uint64_t timeout)
{
    struct vcpu *v = port_current();
    evtchn_port_t last = 0;
    int ready;

    /*
     * Blocked first, so that whoever ends the poll unblocks us. Then the look: an event between the two wakes us.
     */
    port_or_u32(&v->sched.pause_flags, SCHED_PAUSE_BLOCKED);
    evtchn_poll_begin(v);
    ready = sched_poll_ready(v, ports, count, &last);
    if (ready) {
        evtchn_poll_end(v);
        port_and_u32(&v->sched.pause_flags, ~SCHED_PAUSE_BLOCKED);
        return ready < 0 ? ready : 0;
    }
    if (count == 1) {
        evtchn_poll_narrow(v, last);
    }
    if (timeout) {
        timer_set(&v->sched.poll_timer, timeout);
    } else if (timer_is_set(&v->sched.poll_timer)) {
        timer_stop(&v->sched.poll_timer);
    }
    port_cpu_reschedule(port_cpu_id());
    return 0;
}

void sched_reinsert(struct vcpu *v)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);

    if (min_heap_has(&v->sched.queue_node) && !port_read_u8(&v->sched.running)) {
        sched_policy_now()->remove(c, v);
    }
    lock_release(held);
    sched_enqueue(v);
}

/* Makes a vCPU leave a CPU, or a queue, that its affinity does not have any more. */
static void sched_apply_affinity(struct vcpu *v)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);
    bool moves = !cpumask_has(sched_allowed(v), c->id);

    if (moves && c->current == v) {
        port_cpu_reschedule(c->id);
    }
    lock_release(held);
    if (moves) {
        sched_reinsert(v);
    }
}

int sched_set_affinity(struct vcpu *v, struct cpumask hard, struct cpumask soft)
{
    if (cpumask_empty(cpumask_and(hard, port_cpus_online()))) {
        return -XEN_EINVAL;
    }
    if (v->sched.pinned) {
        v->sched.unpinned_affinity = hard;
    } else {
        port_write_u64(&v->sched.affinity.bits, hard.bits);
    }
    port_write_u64(&v->sched.soft_affinity.bits, soft.bits);
    sched_apply_affinity(v);
    return 0;
}

int sched_pin_override(struct vcpu *v, int32_t cpu)
{
    if (cpu < 0) {
        if (!v->sched.pinned) {
            return -XEN_EINVAL;
        }
        port_write_u64(&v->sched.affinity.bits, v->sched.unpinned_affinity.bits);
        v->sched.pinned = false;
        return 0;
    }
    if ((uint32_t)cpu >= CPU_MAX) {
        return -XEN_EINVAL;
    }
    if (v->sched.pinned) {
        return -XEN_EBUSY;
    }
    if (!cpumask_has(port_cpus_online(), (unsigned int)cpu)) {
        return -XEN_EINVAL;
    }
    v->sched.unpinned_affinity = v->sched.affinity;
    port_write_u64(&v->sched.affinity.bits, cpumask_of((unsigned int)cpu).bits);
    v->sched.pinned = true;
    sched_apply_affinity(v);
    return 0;
}

void sched_send_nmi(struct vcpu *v)
{
    v->cpu.nmi_pending = true;
    port_barrier();
    sched_wake(v);
    sched_kick(v);
}
