/* SPDX-License-Identifier: MIT */
/* The bench of the tests of domains: see domain_bench.h. */
#include "domain_bench.h"

#include <string.h>

#include "core/frame.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/errno.h"

#define FRAMES  8192u
#define CPU     0u /* of this thread */
#define TURNS   4u
#define TURN_NS 40000000ull

struct domain *dbench_first;

/* The linker sends core's waiting here (--wrap): the other CPUs go on meanwhile. */
void __wrap_fake_relax(void);

static void set_cpuid(void)
{
    fake_cpuid_set(0, 0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);
    fake_cpuid_set(1, 0, 0x306c3, 0x05100800, ~0u, ~0u);
    fake_cpuid_set(0x80000000, 0, 0x80000008, 0, 0, 0);
    fake_cpuid_set(0xd, 0, 7, 832, 832, 0);
    fake_cpuid_set(0x80000001, 0, 0, 0, ~0u, ~0u);
}

/* One pass over the CPUs from first on; true if there was something to do. */
static bool pass(unsigned int first)
{
    unsigned int home = port_cpu_id();
    bool worked = false;

    for (unsigned int cpu = first; cpu < DBENCH_CPUS; cpu++) {
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

void dbench_settle(void)
{
    unsigned int passes = 0;

    /* In that time every vCPU gets its turn. */
    for (unsigned int turn = 0; turn < TURNS; turn++) {
        while (pass(0)) {
            ck_assert_uint_lt(passes++, 1000);
        }
        fake_advance(TURN_NS);
    }
}

void __wrap_fake_relax(void)
{
    static unsigned int turns;

    ck_assert_msg(pass(CPU + 1) || ++turns < 1000, "a CPU waits for what never comes");
}

static void start_cpu(unsigned int cpu)
{
    ck_assert_int_eq(timer_cpu_init(cpu), 0);
    fake_become_cpu(cpu);
    fake_run(NULL);
    ck_assert_int_eq(vcpu_create(domain_idle, cpu), 0);
    fake_current[cpu] = domain_idle->vcpus[cpu];
    sched_cpu_up(cpu, domain_idle->vcpus[cpu]);
}

void dbench_start(void)
{
    dbench_start_bare();
    /* The tests' variables are guest memory as they are; the lowest page is not there. */
    fake_guest_memory(guest_va(PAGE_SIZE), (void *)PAGE_SIZE, 0x7fffffffe000ull);
}

void dbench_start_bare(void)
{
    const struct domain_config config = {.vcpu_count = 1,
                                         .event_port_max = UINT32_MAX,
                                         .grant_version_max = 2,
                                         .grant_frames_max = 8,
                                         .maptrack_frames_max = 8,
                                         .privileged = true};

    fake_start(FRAMES, DBENCH_CPUS);
    fake_set_time(TIMER_NS_PER_SECOND);
    set_cpuid();
    ck_assert(sched_init("fair"));
    domain_init();
    for (unsigned int cpu = 0; cpu < DBENCH_CPUS; cpu++) {
        start_cpu(cpu);
    }
    fake_become_cpu(CPU);
    ck_assert_int_eq(domain_create(0, &config, &dbench_first), 0);
    domain_first = dbench_first;
    dbench_first->mm.frame_max = FRAMES;
    ck_assert_int_eq(vcpu_create(dbench_first, 0), 0);
    domain_put(dbench_first); /* the creator's; the table's keeps it */
    dbench_boot(dbench_first);
    ck_assert_ptr_eq(port_current(), dbench_first->vcpus[0]);
}

void dbench_end(void)
{
    fake_preempt_every(0);
    fake_check_idle();
}

struct domain *dbench_domain(domid_t id, uint32_t vcpus)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = vcpus,
                                               .max_evtchn_port = 1023,
                                               .max_grant_frames = 4,
                                               .max_maptrack_frames = 4,
                                               .grant_opts = 1}};

    ck_assert_int_eq(dbench_domctl(id, XEN_DOMCTL_createdomain, &op), 0);
    id = op.domain;
    op = (struct xen_domctl){.u.max_mem.max_memkb = 4096};
    ck_assert_int_eq(dbench_domctl(id, XEN_DOMCTL_max_mem, &op), 0);
    op = (struct xen_domctl){.u.max_vcpus.max = vcpus};
    ck_assert_int_eq(dbench_domctl(id, XEN_DOMCTL_max_vcpus, &op), 0);
    return domain_by_id(id);
}

/* Its kernel and user roots are one empty table. */
static void boot_vcpu(struct vcpu *v, mfn_t root)
{
    struct vcpu_guest_context c = {.flags = VGCF_online | VGCF_in_kernel};

    c.ctrlreg[3] = xen_pfn_to_cr3(root.n);
    ck_assert_int_eq(guest_cpu_load(v, &c), 0);
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
}

void dbench_boot(struct domain *d)
{
    struct vcpu *v;
    mfn_t root;

    ck_assert_int_eq(mm_alloc(d, 0, 0, &root), 0);
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        boot_vcpu(v, root);
        timer_vcpu_periodic(v, 0);
    }
    ck_assert_int_eq(domain_toolstack_unpause(d), 0);
    dbench_settle();
}

void dbench_kill(struct domain *d)
{
    struct xen_domctl op = {0};
    domid_t id = d->id;

    ck_assert_int_eq(dbench_domctl(id, XEN_DOMCTL_destroydomain, &op), 0);
    dbench_settle();
    ck_assert_ptr_null(domain_by_id(id));
}

void dbench_become(struct vcpu *v)
{
    fake_current[CPU] = v ? v : dbench_first->vcpus[0];
}

int64_t dbench_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    struct hypercall_args args = {{a, b, c}};
    unsigned int restarts = 0;
    int64_t result;

    do {
        result = hypercall_run(number, &args);
        ck_assert_uint_lt(restarts++, 100000);
    } while (result == HYPERCALL_RESTART);
    return result;
}

int64_t dbench_domctl(domid_t id, uint32_t command, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return dbench_call(__HYPERVISOR_domctl, DBENCH_POINTER(op), 0, 0);
}

int64_t dbench_sysctl(uint32_t command, struct xen_sysctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return dbench_call(__HYPERVISOR_sysctl, DBENCH_POINTER(op), 0, 0);
}

evtchn_port_t dbench_bind_virq(uint32_t virq)
{
    evtchn_port_t port;

    ck_assert_int_eq(evtchn_bind_virq(dbench_first, virq, 0, &port), 0);
    return port;
}

bool dbench_pending(const struct domain *d, evtchn_port_t port)
{
    return port_bit_test_and_clear((uint64_t *)d->shared_info->evtchn_pending, port);
}

uint64_t dbench_free_frames(void)
{
    return frame_free_count();
}
