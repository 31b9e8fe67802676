/* SPDX-License-Identifier: MIT */
/* The small world of the tests of event channels, scheduler and timers. */
#include "events_bench.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pirq.h"
#include "fake.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"

#include "port/map.h"
#include "port/time.h"

#define BENCH_DOMAINS 64u
#define BENCH_FRAMES 2048u

struct domain *domain_first, *domain_idle, *domain_io, *domain_xen;
uint32_t bench_shutdown_reason;
const struct domain *bench_shutdown_domain;
uint32_t bench_pirq_bound;
unsigned int bench_pirq_cpu;
char bench_log[200];
int bench_pirq_answer;

static struct domain *domains[BENCH_DOMAINS];
static unsigned int cpu_count, mapping_count;
static void *mappings[256];

mfn_t bench_frame(struct domain *d)
{
    mfn_t frame;

    ck_assert_int_eq(mm_alloc(d, 0, 0, &frame), 0);
    return frame;
}

/* The test's own mapping stays until the end: it plays the guest, who sees its frames all the time. */
void *bench_frame_content(mfn_t frame)
{
    ck_assert_uint_lt(mapping_count, ARRAY_SIZE(mappings));
    return mappings[mapping_count++] = port_map_frame(frame);
}

struct domain *domain_by_id(domid_t id)
{
    return id < BENCH_DOMAINS ? domains[id] : NULL;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d = domain_by_id(id);

    if (d) {
        domain_ref(d);
    }
    return d;
}

struct domain *domain_get_or_self(domid_t id)
{
    if (id == DOMID_SELF) {
        domain_ref(CURRENT_DOMAIN());
        return CURRENT_DOMAIN();
    }
    return domain_get(id);
}

void domain_ref(struct domain *d)
{
    port_add_u32(&d->refs, 1);
}

void domain_put(struct domain *d)
{
    ck_assert_uint_gt(port_add_u32(&d->refs, (uint32_t)-1), 1);
}

struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
    return id < d->vcpu_count ? d->vcpus[id] : NULL;
}

bool domain_may_control(const struct domain *caller, const struct domain *target)
{
    return caller == target || caller->privileged;
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
    bench_shutdown_domain = d;
    bench_shutdown_reason = reason;
    d->shutting_down = true;
}

/* A shutdown that waits for its vCPUs is tested with the domains' own code (domain_life_test.c). */
void domain_vcpu_stopped(struct domain *d)
{
    ck_assert(d->life == DOMAIN_DYING || d->shutting_down);
}

void domain_crash(struct domain *d, const char *why, ...)
{
    ck_abort_msg("d%u crashed: %s", d->id, why);
}

bool domain_has_hardware(const struct domain *d)
{
    (void)d;
    return false;
}

void guest_cpu_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code, bool has_error)
{
    (void)error_code;
    (void)has_error;
    ck_abort_msg("d%u v%u gets trap %u", v->domain->id, v->id, vector);
}

bool guest_cpu_ldt_drop(struct vcpu *v)
{
    (void)v;
    return false;
}

int pirq_bind(struct domain *d, uint32_t pirq, bool share)
{
    (void)d;
    (void)share;
    if (!bench_pirq_answer) {
        bench_pirq_bound = pirq;
    }
    return bench_pirq_answer;
}

void pirq_unbind(struct domain *d, uint32_t pirq)
{
    (void)d;
    ck_assert_uint_eq(pirq, bench_pirq_bound);
    bench_pirq_bound = UINT32_MAX;
}

void pirq_target(struct domain *d, uint32_t pirq, unsigned int cpu)
{
    (void)d;
    ck_assert_uint_eq(pirq, bench_pirq_bound);
    bench_pirq_cpu = cpu;
}

int guest_cpu_load(struct vcpu *v, const struct vcpu_guest_context *context)
{
    v->cpu.kernel_mode = context->flags & VGCF_in_kernel;
    v->initialised = true;
    return context->user_regs.rip == 0 ? -XEN_EINVAL : 0;
}

void log_print(enum log_level level, const char *format, ...)
{
    va_list args;

    (void)level;
    va_start(args, format);
    vsnprintf(bench_log, sizeof(bench_log), format, args);
    va_end(args);
}

static struct vcpu *bench_vcpu(struct domain *d, uint32_t id)
{
    struct vcpu *v = calloc(1, sizeof(*v));

    ck_assert_ptr_nonnull(v);
    v->domain = d;
    v->id = id;
    v->is_idle = d == domain_idle;
    v->cpu.kernel_mode = true;
    v->initialised = true;
    mm_vcpu_init(v);
    ck_assert_int_eq(evtchn_vcpu_init(v), 0);
    ck_assert_int_eq(sched_vcpu_init(v), 0);
    timer_vcpu_init(v);
    d->vcpus[id] = v;
    return v;
}

static struct domain *bench_make(domid_t id, uint32_t vcpus, bool shared)
{
    struct domain *d = calloc(1, sizeof(*d));

    ck_assert_ptr_nonnull(d);
    d->id = id;
    d->refs = 1;
    lock_init(&d->lock, LOCK_DOMAIN);
    mm_domain_init(d);
    d->mm.frame_max = BENCH_FRAMES;
    d->vcpu_count = vcpus;
    d->vcpus = calloc(vcpus, sizeof(struct vcpu *));
    d->shared_info = shared ? calloc(1, PAGE_SIZE) : NULL;
    ck_assert_int_eq(sched_domain_init(d), 0);
    ck_assert_int_eq(evtchn_domain_init(d, UINT32_MAX), 0);
    return d;
}

struct domain *bench_domain(domid_t id, uint32_t vcpus)
{
    struct domain *d = bench_make(id, vcpus, true);

    for (uint32_t i = 0; i < vcpus; i++) {
        bench_vcpu(d, i);
    }
    d->privileged = id == 0;
    if (id == 0) {
        domain_first = d;
    }
    domains[id] = d;
    return d;
}

void bench_domain_up(struct domain *d)
{
    struct vcpu *v;

    DOMAIN_FOR_EACH_VCPU(d, v) {
        sched_pause_clear(v, SCHED_PAUSE_DOWN);
    }
}

void bench_quiet(struct domain *d)
{
    struct vcpu *v;

    DOMAIN_FOR_EACH_VCPU(d, v) {
        timer_vcpu_periodic(v, 0);
    }
}

/* Off the CPUs it may stand on by bench_become. */
static void bench_forget(const struct vcpu *v)
{
    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        if (fake_current[cpu] == v) {
            fake_current[cpu] = domain_idle->vcpus[cpu];
        }
    }
}

void bench_domain_free(struct domain *d)
{
    struct vcpu *v;

    d->life = DOMAIN_DYING;
    DOMAIN_FOR_EACH_VCPU(d, v) {
        sched_pause_set(v, SCHED_PAUSE_SHUTDOWN);
    }
    bench_settle();
    while (evtchn_domain_close(d) == -XEN_ERESTART) {
        ;
    }
    DOMAIN_FOR_EACH_VCPU(d, v) {
        bench_forget(v);
        timer_vcpu_free(v);
        sched_vcpu_free(v);
        evtchn_vcpu_free(v);
        free(v);
    }
    while (mapping_count) { /* the guest's view of its frames; all tests end with all domains */
        port_unmap_frame(mappings[--mapping_count]);
    }
    while (mm_relinquish(d)) {
        ;
    }
    ck_assert_uint_eq(d->refs, 1);
    evtchn_domain_free(d);
    sched_domain_free(d);
    if (d->id < BENCH_DOMAINS) {
        domains[d->id] = NULL;
    }
    if (d == domain_first) {
        domain_first = NULL;
    }
    free(d->vcpus);
    free(d->shared_info);
    free(d);
}

static void bench_switch(struct vcpu *from, struct vcpu *to)
{
    fake_current[port_cpu_id()] = to;
    sched_switched(from, to);
}

void bench_start(unsigned int cpus, const char *policy)
{
    cpu_count = cpus;
    bench_shutdown_reason = UINT32_MAX;
    bench_pirq_bound = bench_pirq_cpu = UINT32_MAX;
    fake_start(BENCH_FRAMES, cpus);
    fake_set_time(TIMER_NS_PER_SECOND);
    fake_on_switch = bench_switch;
    /* The tests' variables are guest memory as they are; the lowest page is not there. */
    fake_guest_memory(guest_va(PAGE_SIZE), (void *)PAGE_SIZE, 0x7fffffffe000ull);
    domain_io = bench_make(DOMID_IO, 1, false);
    domain_xen = bench_make(DOMID_XEN, 1, false);
    domain_idle = bench_make(DOMID_IDLE, BENCH_CPUS, false);
    ck_assert(sched_init(policy));
    for (unsigned int cpu = 0; cpu < cpus; cpu++) {
        struct vcpu *idle;

        ck_assert_int_eq(timer_cpu_init(cpu), 0);
        fake_become_cpu(cpu);
        fake_run(NULL); /* no guest's tables are loaded */
        idle = bench_vcpu(domain_idle, cpu);
        fake_current[cpu] = idle;
        sched_cpu_up(cpu, idle);
    }
    fake_become_cpu(0);
}

void bench_end(void)
{
    fake_preempt_every(0);
    for (unsigned int i = BENCH_DOMAINS; i-- > 0;) {
        if (domains[i]) {
            bench_domain_free(domains[i]);
        }
    }
    fake_check_idle();
}

void bench_become(struct vcpu *v)
{
    fake_current[port_cpu_id()] = v;
}

/* One pass over the CPUs; true if there was something to do. */
static bool bench_pass(void)
{
    unsigned int home = port_cpu_id();
    bool worked = false;

    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        fake_become_cpu(cpu);
        if (fake_timer_deadline(cpu) <= port_time_now()) {
            timer_interrupt();
            worked = true;
        }
        if (fake_reschedules(cpu)) {
            sched_run();
            worked = true;
        }
    }
    fake_become_cpu(home);
    return worked;
}

void bench_settle(void)
{
    unsigned int passes = 0;

    while (bench_pass()) {
        ck_assert_uint_lt(++passes, 10000);
    }
}

static uint64_t bench_next_timer(void)
{
    uint64_t next = UINT64_MAX;

    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        next = MIN(next, fake_timer_deadline(cpu));
    }
    return next;
}

void bench_run(uint64_t ns)
{
    uint64_t end = port_time_now() + ns;

    bench_settle();
    while (bench_next_timer() < end) {
        fake_set_time(MAX(bench_next_timer(), port_time_now()));
        bench_settle();
    }
    fake_set_time(end);
    bench_settle();
}

int64_t bench_hypercall(hypercall_handler *handler, uint64_t a, const void *b, uint64_t c)
{
    struct hypercall_args args = {{a, (uint64_t)(uintptr_t)b, c}};
    int64_t ret;

    do {
        ret = handler(&args);
    } while (ret == HYPERCALL_RESTART);
    return ret;
}
