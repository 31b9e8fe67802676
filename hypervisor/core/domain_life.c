/* SPDX-License-Identifier: MIT */
/*
 * The lives of domains: pausing, shutting down, crashing, dying.
 *
 * A domain runs while its pause_count is 0; there is no flag beside the count, so that a pause and an unpause
 * at once cannot leave the two apart. A shutdown stops each vCPU (SCHED_PAUSE_SHUTDOWN) and is complete, and
 * told to the toolstack, when none of them runs any more. Death takes away vCPUs' roots, event channels,
 * grants and frames, step by step.
 */
#include "core/console.h"
#include "core/domain.h"
#include "core/gnttab.h"
#include "lib/log.h"
#include "lib/printf.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"

#define TOOLSTACK_PAUSES_MAX 255u

void domain_pause_nosync(struct domain *d)
{
    struct vcpu *v;

    if (port_add_u32(&d->pause_count, 1) == 0) {
        DOMAIN_FOR_EACH_VCPU(d, v)
        {
            sched_pause_set(v, 0);
        }
    }
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    domain_pause_nosync(d);
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        sched_wait_descheduled(v);
    }
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if (port_add_u32(&d->pause_count, (uint32_t)-1) == 1) {
        DOMAIN_FOR_EACH_VCPU(d, v)
        {
            sched_pause_clear(v, 0);
        }
    }
}

int domain_toolstack_pause(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock);
    int error = d->toolstack_pauses < TOOLSTACK_PAUSES_MAX ? 0 : -XEN_EOVERFLOW;

    d->toolstack_pauses += error ? 0 : 1;
    lock_release(token);
    if (!error) {
        domain_pause(d);
    }
    return error;
}

int domain_toolstack_unpause(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock);
    int error = d->toolstack_pauses > 0 ? 0 : -XEN_EINVAL;

    d->toolstack_pauses -= error ? 0 : 1;
    lock_release(token);
    if (!error) {
        domain_unpause(d);
    }
    return error;
}

static const char *fate(uint32_t reason)
{
    switch (reason) {
    case SHUTDOWN_crash:
        return "crashed";
    case SHUTDOWN_watchdog:
        return "was ended by its watchdog";
    default:
        return "ended";
    }
}

/* The first domain is the machine's: its end is the machine's. */
static void NORETURN first_domain_ended(uint32_t reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff:
        log_info("d0 powers the machine off");
        port_power_off();
    case SHUTDOWN_reboot:
        log_info("d0 restarts the machine");
        port_reset();
    default:
        if (console_panic_resets()) {
            log_info("d0 %s: the machine starts again", fate(reason));
            port_reset();
        }
        log_info("d0 %s; the machine stays (noreboot)", fate(reason));
        for (;;) {
            port_preempt_pending();
        }
    }
}

/* Whether this completes the shutdown: all vCPUs have stopped and none is on its CPU any more. True once.
 * Needs d->lock. */
static bool finish_shutdown(struct domain *d)
{
    struct vcpu *v;

    if (!d->shutting_down || d->shut_down) {
        return false;
    }
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        /* The flag was set before, under the run queue's lock: who leaves its CPU later sees it and calls us.
         */
        if (port_read_u8(&v->sched.running)) {
            return false;
        }
    }
    d->shut_down = true;
    return true;
}

static void tell_shutdown(struct domain *d)
{
    if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_port != 0) {
        evtchn_send_local(d, d->suspend_port);
    } else {
        evtchn_send_global_virq(VIRQ_DOM_EXC);
    }
}

static void stop(struct domain *d, uint32_t reason)
{
    struct lock_token token;
    struct vcpu *v;
    bool told;

    if (d->sched.latched_code) {
        reason = d->sched.latched_code - 1; /* SCHEDOP_shutdown_code */
    }
    if (d == domain_first) {
        first_domain_ended(reason);
    }
    token = lock_acquire(&d->lock);
    if (d->shutting_down) {
        lock_release(token);
        return;
    }
    d->shutting_down = true;
    d->shutdown_code = reason;
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        sched_pause_set(v, SCHED_PAUSE_SHUTDOWN);
    }
    told = finish_shutdown(d);
    lock_release(token);
    if (told) {
        tell_shutdown(d);
    }
}

void domain_vcpu_stopped(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock);
    bool told = finish_shutdown(d);

    lock_release(token);
    if (told) {
        tell_shutdown(d);
    }
}

void domain_resume(struct domain *d)
{
    struct lock_token token;
    struct vcpu *v;

    domain_pause(d);
    token = lock_acquire(&d->lock);
    d->shutting_down = d->shut_down = false;
    d->shutdown_code = ~0u;
    d->sched.latched_code = 0;
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        sched_pause_clear(v, SCHED_PAUSE_SHUTDOWN);
    }
    lock_release(token);
    domain_unpause(d);
}

static void print_guest_registers(struct domain *d)
{
    struct vcpu *v = port_current();
    const struct cpu_user_regs *r;

    if (v->domain != d) {
        return;
    }
    r = port_vcpu_regs(v);
#define N(field) ((unsigned long long)r->field)
    log_info("d%uv%u: rip %04x:%016llx rsp %04x:%016llx rflags %08llx (%s mode)", d->id, v->id, r->cs, N(rip),
             (unsigned int)r->ss, N(rsp), N(rflags), v->cpu.kernel_mode ? "kernel" : "user");
    log_info("d%uv%u: rax %016llx rbx %016llx rcx %016llx rdx %016llx", d->id, v->id, N(rax), N(rbx), N(rcx),
             N(rdx));
    log_info("d%uv%u: rsi %016llx rdi %016llx rbp %016llx r8  %016llx", d->id, v->id, N(rsi), N(rdi), N(rbp),
             N(r8));
    log_info("d%uv%u: r9  %016llx r10 %016llx r11 %016llx r12 %016llx", d->id, v->id, N(r9), N(r10), N(r11),
             N(r12));
    log_info("d%uv%u: r13 %016llx r14 %016llx r15 %016llx cr2 %016llx", d->id, v->id, N(r13), N(r14), N(r15),
             (unsigned long long)v->cpu.cr2);
#undef N
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
    if (reason == SHUTDOWN_crash && !d->shutting_down) {
        log_info("d%u crashed: %s", d->id,
                 port_current()->domain == d ? "its own kernel gave up" : "the toolstack said so");
        print_guest_registers(d);
    }
    stop(d, reason);
}

void domain_crash(struct domain *d, const char *why, ...)
{
    char text[160];
    va_list arguments;

    if (!d->shutting_down) {
        va_start(arguments, why);
        vformat_buffer(text, sizeof(text), why, arguments);
        va_end(arguments);
        log_info("d%u crashed: %s", d->id, text);
        print_guest_registers(d);
    }
    /* Also when another CPU is at it: our vCPU must be marked as stopped before it could go on. */
    stop(d, SHUTDOWN_crash);
}

static int drop_vcpus(struct domain *d)
{
    struct vcpu *v;

    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        int error = mm_drop_roots(v);

        if (error) {
            return error;
        }
        error = guest_cpu_set_gdt(v, NULL, 0);
        if (error) {
            return error;
        }
        guest_cpu_ldt_drop(v);
        timer_vcpu_free(v);
        evtchn_vcpu_info_drop(v);
    }
    return 0;
}

/* The steps of death. Each may be left and taken up again; what is gone already costs nothing the second
 * time. */
static int take_away(struct domain *d)
{
    int error = evtchn_domain_close(d);

    error = error ? error : gnttab_release_mappings(d);
    error = error ? error : drop_vcpus(d);
    return error ? error : mm_relinquish(d);
}

static bool try_change(struct domain *d)
{
    return port_swap_u32(&d->changing, 1) == 0;
}

int domain_begin_change(struct domain *d)
{
    if (!try_change(d)) {
        return -XEN_ERESTART;
    }
    if (d->life != DOMAIN_ALIVE) {
        domain_end_change(d);
        return -XEN_EINVAL;
    }
    return 0;
}

void domain_end_change(struct domain *d)
{
    uint32_t was = port_swap_u32(&d->changing, 0);

    ASSERT(was == 1);
}

/* Marks it as dying and stops it for good. */
static void begin_death(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock);
    bool first = d->life == DOMAIN_ALIVE;

    d->life = first ? DOMAIN_DYING : d->life;
    lock_release(token);
    if (first) {
        evtchn_drop_global_virq_handler(d);
        domain_pause(d);
    }
}

/* The one who changes the domain. */
static int kill_step(struct domain *d)
{
    struct lock_token token;
    int error;

    if (d->life == DOMAIN_DEAD) {
        return 0;
    }
    begin_death(d);
    error = take_away(d);
    if (error) {
        return error;
    }
    /* The last reference goes with hundreds of vCPUs at once: not on top of what was done here. Once, or it might never
     * end. */
    if (!d->taken_away) {
        d->taken_away = true;
        if (port_preempt_pending()) {
            return -XEN_ERESTART;
        }
    }
    token = lock_acquire(&d->lock);
    d->life = DOMAIN_DEAD;
    lock_release(token);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    domain_put(d); /* the table's own; the caller has another one */
    return 0;
}

int domain_kill(struct domain *d)
{
    int error;

    if (d == domain_first || d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    if (!try_change(d)) {
        return -XEN_ERESTART;
    }
    error = kill_step(d);
    domain_end_change(d);
    return error;
}
