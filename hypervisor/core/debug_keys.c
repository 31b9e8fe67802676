/* SPDX-License-Identifier: MIT */
/* Debug keys. They print what they can read without locks: a machine that hangs must still tell. */
#include "core/debug_keys.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "core/stretch.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "port/time.h"

struct debug_key {
    char key;
    const char *help;
    void (*run)(void);
};

static void print_vcpu(const struct vcpu *v)
{
    const struct cpu_user_regs *regs = port_vcpu_regs((struct vcpu *)v);

    log_info("  v%u: cpu %u%s pause %x %s rip %04x:%#llx rsp %#llx events %s%s", v->id, v->sched.cpu,
             v->sched.running ? " running" : "", v->sched.pause_flags, v->cpu.kernel_mode ? "kernel" : "user",
             regs->cs, (unsigned long long)regs->rip, (unsigned long long)regs->rsp,
             v->evtchn.info->evtchn_upcall_pending ? "pending" : "none",
             v->evtchn.info->evtchn_upcall_mask ? " masked" : "");
}

static void print_domains(void)
{
    for (struct domain *d = domain_get_next(0), *next; d; d = next) {
        struct vcpu *v;

        log_info("d%u: %s%s%s, %llu of %llu frames, pause count %u, %u references", d->id,
                 d->life == DOMAIN_ALIVE   ? "alive"
                 : d->life == DOMAIN_DYING ? "dying"
                                           : "dead",
                 d->privileged ? ", privileged" : "", d->shut_down ? ", shut down" : "",
                 (unsigned long long)d->mm.frame_count, (unsigned long long)d->mm.frame_max, d->pause_count,
                 d->refs);
        DOMAIN_FOR_EACH_VCPU(d, v)
        {
            print_vcpu(v);
        }
        next = domain_get_next((domid_t)(d->id + 1));
        domain_put(d);
    }
}

static void print_grants(void)
{
    for (struct domain *d = domain_get_next(0), *next; d; d = next) {
        gnttab_print(d);
        next = domain_get_next((domid_t)(d->id + 1));
        domain_put(d);
    }
}

static void print_event_channels(void)
{
    for (struct domain *d = domain_get_next(0), *next; d; d = next) {
        evtchn_print(d);
        next = domain_get_next((domid_t)(d->id + 1));
        domain_put(d);
    }
}

static void print_memory(void)
{
    log_info("%llu frames free (%llu MiB)", (unsigned long long)frame_free_count(),
             (unsigned long long)frame_free_count() >> 8);
}

static void print_time(void)
{
    log_info("system time %llu ns, TSC %u kHz", (unsigned long long)port_time_now(), port_time_tsc_khz());
}

static void print_help(void);

static void reset(void)
{
    log_info("the machine starts again, as the key R asked");
    port_reset();
}

static void crash(void)
{
    /* An invalid instruction, so that all of an exception's way is seen. */
    __builtin_trap();
}

static const struct debug_key keys[] = {
    {'h', "this list", print_help},
    {'q', "domains and their vCPUs", print_domains},
    {'g', "grant tables", print_grants},
    {'e', "event channels", print_event_channels},
    {'r', "CPUs and who waits for them", sched_print},
    {'m', "memory", print_memory},
    {'t', "time", print_time},
    {'s', "what is done against speculation", port_mitigations_print},
    {'p', "the longest stretch of each hypercall without a look for other work", stretch_print},
    {'R', "start the machine again", reset},
    {'C', "crash the hypervisor: shows what a panic prints", crash},
};

static void print_help(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        log_info("  %c  %s", keys[i].key, keys[i].help);
    }
}

void debug_key_run(char key)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].key == key) {
            log_info("debug key %c: %s", key, keys[i].help);
            keys[i].run();
            return;
        }
    }
    print_help();
}
