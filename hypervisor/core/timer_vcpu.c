/* SPDX-License-Identifier: MIT */
/*
 * The timers that a vCPU has by the ABI: both raise VIRQ_TIMER. The periodic one goes only while the vCPU
 * runs.
 */
#include "core/domain.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/time.h"

static void timer_vcpu_single_shot_fired(void *argument)
{
    evtchn_send_virq(argument, VIRQ_TIMER);
}

static void timer_vcpu_tick(struct vcpu *v, uint64_t now, uint64_t period)
{
    v->timers.last_tick = now;
    evtchn_send_virq(v, VIRQ_TIMER);
    timer_set(&v->timers.periodic, now + period);
}

static void timer_vcpu_periodic_fired(void *argument)
{
    struct vcpu *v = argument;
    uint64_t period = port_read_u64(&v->timers.period);

    /* It was set on the CPU that ran v; if v has left since, timer_vcpu_enter goes on. */
    if (period && v == port_current()) {
        timer_vcpu_tick(v, port_time_now(), period);
    }
}

static void timer_vcpu_upcall_fired(void *argument)
{
    sched_kick(argument);
}

void timer_vcpu_init(struct vcpu *v)
{
    timer_init(&v->timers.single_shot, timer_vcpu_single_shot_fired, v, v->sched.cpu);
    timer_init(&v->timers.periodic, timer_vcpu_periodic_fired, v, v->sched.cpu);
    timer_init(&v->timers.upcall, timer_vcpu_upcall_fired, v, v->sched.cpu);
    v->timers.period = v->is_idle ? 0 : TIMER_PERIOD_DEFAULT;
    v->timers.last_tick = port_time_now();
}

void timer_vcpu_free(struct vcpu *v)
{
    timer_stop(&v->timers.single_shot);
    timer_stop(&v->timers.periodic);
    timer_stop(&v->timers.upcall);
}

void timer_vcpu_single_shot(struct vcpu *v, uint64_t deadline)
{
    timer_set(&v->timers.single_shot, deadline);
}

void timer_vcpu_single_shot_stop(struct vcpu *v)
{
    timer_stop(&v->timers.single_shot);
}

void timer_vcpu_enter(struct vcpu *v)
{
    uint64_t period = port_read_u64(&v->timers.period), now;

    if (period == 0 || timer_is_set(&v->timers.periodic)) {
        return;
    }
    now = port_time_now();
    if (now - v->timers.last_tick >= period) {
        timer_vcpu_tick(v, now, period);
    } else {
        timer_set(&v->timers.periodic, v->timers.last_tick + period);
    }
}

void timer_vcpu_leave(struct vcpu *v)
{
    if (timer_is_set(&v->timers.periodic)) {
        timer_stop(&v->timers.periodic);
    }
}

void timer_vcpu_periodic(struct vcpu *v, uint64_t period)
{
    port_write_u64(&v->timers.period, period);
    timer_stop(&v->timers.periodic);
    if (v == port_current()) {
        timer_vcpu_enter(v);
    } else if (port_read_u8(&v->sched.running)) {
        /* Its CPU's scheduler starts the timer anew. */
        port_cpu_reschedule(port_read_u32(&v->sched.cpu));
    }
}
