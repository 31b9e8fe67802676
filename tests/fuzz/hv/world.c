/* SPDX-License-Identifier: MIT */
/* The world of the fuzz targets: its making, its CPUs and its sequences. See world.h. */
#include "world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/heap.h"
#include "core/pte.h"
#include "input.h"
#include "interleave.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/errno.h"
#include "world_end.h"

#define RESTARTS_MAX   12u
#define RELAXES_MAX    20000u
#define SEQUENCE_MAX   200u
#define EXIT_TURNS_MAX 64u
#define COMMON_CHOICES 32u /* of 256: an operation that all targets have */

static bool started, in_timer, tracing;
static mfn_t pool[FUZZ_DOMAINS][FUZZ_ROLES][FUZZ_OF_A_ROLE];
static uint8_t args_memory[FUZZ_CPUS * FUZZ_PLACES][FUZZ_PLACE_SIZE], code_memory[PAGE_SIZE],
    stack_memory[4 * PAGE_SIZE] __attribute__((aligned(16)));
static unsigned int places_used, relaxes;
static jmp_buf sequence_end;

void (*fuzz_check)(void);

/* A preempted hypercall of each vCPU, which it has to issue again. */
static struct pending {
    struct vcpu *vcpu;
    uint64_t number;
    struct hypercall_args args;
} pending[FUZZ_CPUS];

int64_t __real_hypercall_run(uint64_t number, struct hypercall_args *args);
int64_t __wrap_hypercall_run(uint64_t number, struct hypercall_args *args);
void __real_debug_key_run(char key);
void __wrap_debug_key_run(char key);

/*
 * What may read a byte a second time, and why: the first forms read a structure whole, as it must be readable, and
 * decide by its command; the rest is read again.
 */
static bool reads_twice(uint64_t number)
{
    return number == __HYPERVISOR_event_channel_op_compat || number == __HYPERVISOR_physdev_op_compat;
}

/*
 * Those that follow more than one pointer into the guest's pages: a list and the count of what is done, a structure and
 * what it leads to. Where they overlap, a byte is rightly read twice. So it is where one argument may be longer than a
 * page and the guest has mapped a page twice: a string for the console, a trap table.
 */
static bool meets_pages_twice(uint64_t number)
{
    switch (number) {
    case __HYPERVISOR_console_io:
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_mmu_update:
    case __HYPERVISOR_mmuext_op:
    case __HYPERVISOR_multicall:
    case __HYPERVISOR_memory_op:
    case __HYPERVISOR_grant_table_op:
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_vcpu_op:
    case __HYPERVISOR_physdev_op:
    case __HYPERVISOR_platform_op:
    case __HYPERVISOR_sysctl:
    case __HYPERVISOR_domctl:
        return true;
    default:
        return false;
    }
}

/* From here on a byte that this hypercall reads a second time is found. */
static void watch_reads(uint64_t number)
{
    fake_single_fetch(!reads_twice(number));
    fake_fetches_may_alias(meets_pages_twice(number));
}

static void trace(uint64_t number, const struct hypercall_args *args, const char *what, int64_t result)
{
    fprintf(stderr, "CPU %u d%uv%u: %s %lu(%#lx, %#lx, %#lx, %#lx) %ld\n", port_cpu_id(), fuzz_self(),
            port_current()->id, what, number, args->arg[0], args->arg[1], args->arg[2], args->arg[3], result);
}

/* The linker sends multicall's calls here, too: each of its entries reads anew. */
int64_t __wrap_hypercall_run(uint64_t number, struct hypercall_args *args)
{
    int64_t result;

    watch_reads(number);
    if (tracing) {
        trace(number, args, "calls", 0);
    }
    result = __real_hypercall_run(number, args);
    if (tracing) {
        trace(number, args, "returns", result);
    }
    watch_reads(__HYPERVISOR_multicall); /* if it was one of a list, the list goes on */
    return result;
}

/* ---- the world's making ---- */

static void require(bool condition, const char *what)
{
    if (!condition) {
        fake_fail("the world cannot be made: %s", what);
    }
}

mfn_t fuzz_frame_of(unsigned int domain, unsigned int role)
{
    return pool[domain % FUZZ_DOMAINS][role % FUZZ_ROLES][fuzz_below(FUZZ_OF_A_ROLE)];
}

mfn_t fuzz_pool(unsigned int domain, unsigned int role, unsigned int i)
{
    return pool[domain][role][i];
}

unsigned int fuzz_cpu_of(unsigned int domain, unsigned int vcpu)
{
    return domain_by_id((domid_t)domain)->vcpus[vcpu]->sched.cpu;
}

static void set_cpuid(void)
{
    fake_cpuid_set(0, 0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);
    fake_cpuid_set(1, 0, 0x306c3, 0x05100800, ~0u, ~0u);
    fake_cpuid_set(7, 0, 0, ~0u, ~0u, ~0u);
    fake_cpuid_set(0xd, 0, 7, 0x340, 0x340, 0);
    fake_cpuid_set(0x80000000, 0, 0x80000008, 0, 0, 0);
    fake_cpuid_set(0x80000001, 0, 0, 0, ~0u, ~0u);
}

static void make_cpu(unsigned int cpu)
{
    require(timer_cpu_init(cpu) == 0, "timers");
    fake_become_cpu(cpu);
    fake_run(NULL);
    require(vcpu_create(domain_idle, cpu) == 0, "an idle vCPU");
    fake_current[cpu] = domain_idle->vcpus[cpu];
    sched_cpu_up(cpu, domain_idle->vcpus[cpu]);
}

static void make_tables(unsigned int id, struct domain *d)
{
    const uint64_t rw = PTE_PRESENT | PTE_WRITE | PTE_USER;
    mfn_t(*roles)[FUZZ_OF_A_ROLE] = pool[id];

    for (unsigned int role = 0; role < FUZZ_ROLES; role++) {
        for (unsigned int i = 0; i < FUZZ_OF_A_ROLE; i++) {
            require(mm_alloc(d, 0, 0, &roles[role][i]) == 0, "frames");
        }
    }
    for (unsigned int level = 3; level > 0; level--) {
        fake_poke(roles[level][0], 0, pte_make(roles[level - 1][0], rw));
    }
    for (unsigned int i = 0; i < FUZZ_MAPPED_PAGES; i++) {
        fake_poke(roles[0][0], i, pte_make(roles[FUZZ_PAGES][i], rw));
    }
    fake_poke(roles[0][0], FUZZ_MAPPED_TABLE, pte_make(roles[0][0], PTE_PRESENT | PTE_USER));
}

static void make_vcpu(struct vcpu *v, mfn_t root)
{
    struct vcpu_guest_context c = {.flags = VGCF_online | VGCF_in_kernel};

    c.ctrlreg[3] = xen_pfn_to_cr3(root.n);
    c.user_regs.rip = FUZZ_CODE;
    c.user_regs.rsp = c.kernel_sp = FUZZ_STACK_END - PAGE_SIZE;
    c.user_regs.cs = FLAT_KERNEL_CS64;
    c.user_regs.ss = c.kernel_ss = FLAT_KERNEL_SS64;
    c.user_regs.rflags = 0x202;
    c.event_callback_eip = c.failsafe_callback_eip = c.syscall_callback_eip = FUZZ_CODE + 0x800;
    c.vm_assist = 1ull << VMASST_TYPE_writable_pagetables;
    for (unsigned int i = 0; i < ARRAY_SIZE(c.trap_ctxt); i++) {
        c.trap_ctxt[i] = (struct trap_info){(uint8_t)i, 0, FLAT_KERNEL_CS64, FUZZ_CODE + 0xc00 + i};
    }
    require(guest_cpu_load(v, &c) == 0, "a context");
    sched_pause_clear(v, SCHED_PAUSE_DOWN);
}

static void make_domain(unsigned int id)
{
    const struct domain_config config = {.vcpu_count = FUZZ_VCPUS,
                                         .event_port_max = UINT32_MAX,
                                         .grant_version_max = 2,
                                         .grant_frames_max = 3,
                                         .maptrack_frames_max = 2,
                                         .privileged = id == 0};
    struct domain *d;

    require(domain_create((domid_t)id, &config, &d) == 0, "a domain");
    domain_first = id == 0 ? d : domain_first;
    d->mm.frame_max = FUZZ_ROLES * FUZZ_OF_A_ROLE + 8;
    make_tables(id, d);
    for (uint32_t i = 0; i < FUZZ_VCPUS; i++) {
        require(vcpu_create(d, i) == 0, "a vCPU");
        make_vcpu(d->vcpus[i], pool[id][3][0]);
    }
    if (id == 0) {
        require(rangeset_add(d->io_ports, 0x60, 0x6f) == 0 && rangeset_add(d->io_frames, 0, 0xff) == 0 &&
                    rangeset_add(d->irqs, 0, 23) == 0,
                "rights");
    }
    domain_put(d);
    require(domain_toolstack_unpause(d) == 0, "an unpaused domain");
}

/* The rooms for timers and run queues grow with the vCPUs that there ever were: they are made large enough
 * first. */
static void grow_rooms(void)
{
    const struct domain_config config = {.vcpu_count = FUZZ_ROOMS_VCPUS, .event_port_max = UINT32_MAX};
    struct domain *d;

    require(domain_create(FUZZ_DOMAINS, &config, &d) == 0, "a domain");
    for (uint32_t i = 0; i < FUZZ_ROOMS_VCPUS; i++) {
        require(vcpu_create(d, i) == 0, "a vCPU");
    }
    while (domain_kill(d) != 0) {
        fuzz_cpus_work();
    }
    domain_put(d);
}

/* ---- its CPUs ---- */

/* True: there was something to do. */
static bool cpu_work(void)
{
    bool worked = false;

    if (fake_timer_deadline(port_cpu_id()) <= port_time_now()) {
        in_timer = true; /* the first domain's watchdog may end the machine */
        timer_interrupt();
        in_timer = false;
        worked = true;
    }
    if (fake_reschedules(port_cpu_id())) {
        sched_run();
        worked = true;
    }
    return worked;
}

void fuzz_cpus_work(void)
{
    unsigned int home = port_cpu_id();

    for (unsigned int cpu = 0; cpu < FUZZ_CPUS; cpu++) {
        fake_become_cpu(cpu);
        cpu_work();
    }
    fake_become_cpu(home);
}

/* A CPU waits for another one, which does what it is asked to; the one that waits is within something. */
static void relax(void)
{
    unsigned int home = port_cpu_id();

    if (++relaxes > RELAXES_MAX) {
        fake_fail("CPU %u waits for what never comes", home);
    }
    for (unsigned int cpu = 0; cpu < FUZZ_CPUS; cpu++) {
        if (cpu != home && !fake_interleave_plays(cpu)) {
            fake_cpu = cpu;
            cpu_work();
        }
    }
    fake_cpu = home;
}

struct vcpu *fuzz_vcpu(void)
{
    return port_current();
}

domid_t fuzz_self(void)
{
    return CURRENT_DOMAIN()->id;
}

/* The way back into the guest, as long as there is something to do on it. */
void fuzz_exit(void)
{
    struct vcpu *v;

    for (unsigned int i = 0; i < EXIT_TURNS_MAX; i++) {
        cpu_work();
        v = port_current();
        if (v->is_idle) {
            return;
        }
        guest_cpu_deliver(v, port_vcpu_regs(v));
        if (!cpu_work()) {
            return;
        }
    }
}

void fuzz_stop(void)
{
    longjmp(sequence_end, 1);
}

/* The first domain may end the machine; nobody else may. */
static void machine_ends(void)
{
    if (CURRENT_DOMAIN() != domain_first && !in_timer) {
        fake_fail("domain %u ends the machine", fuzz_self());
    }
    fuzz_stop();
}

/* The key C crashes the machine, as it says. */
void __wrap_debug_key_run(char key)
{
    if (key == 'C') {
        machine_ends();
    }
    __real_debug_key_run(key);
}

/* ---- hypercalls ---- */

static const uint64_t bad_addresses[] = {0,
                                         8,
                                         0xfffffffffff8,
                                         0x7ffffffffff8,
                                         0x800000000000,
                                         ~0ull - 7,
                                         0xffff7ffffffffff8,
                                         0xffff800000000000,
                                         0xffff82d080000000,
                                         0xffff87fffffffff8,
                                         0xffff880000000000};

void *fuzz_memory_at(guest_va_t at)
{
    uint64_t offset = at.n - FUZZ_ARGS;

    return &args_memory[offset / (2 * FUZZ_PLACE_SIZE)][offset % (2 * FUZZ_PLACE_SIZE)];
}

uint8_t *fuzz_code_memory(void)
{
    return code_memory;
}

uint64_t *fuzz_stack_memory(void)
{
    return (uint64_t *)(void *)stack_memory;
}

guest_va_t fuzz_put(const void *data, size_t size)
{
    unsigned int place = port_cpu_id() * FUZZ_PLACES + places_used++ % FUZZ_PLACES, kind = fuzz_u8();
    uint64_t offset = kind & 1 ? FUZZ_PLACE_SIZE - ROUND_UP(size, 8) : 0;

    memset(args_memory[place], 0, FUZZ_PLACE_SIZE);
    memcpy(args_memory[place] + offset, data, size);
    if (kind < 0xf8) {
        return guest_va(FUZZ_ARGS + 2 * place * FUZZ_PLACE_SIZE + offset);
    }
    return guest_va(kind < 0xfc ? FUZZ_PICK(bad_addresses) : fuzz_address());
}

static void run_call(struct pending *p)
{
    int64_t result;

    for (unsigned int i = 0; i < RESTARTS_MAX; i++) {
        struct vcpu *v = port_current();

        result = hypercall_run(p->number, &p->args);
        fake_single_fetch(false);
        fake_check_locks();
        if (result != HYPERCALL_RESTART) {
            p->vcpu = NULL;
            return;
        }
        fuzz_exit();
        if (port_current() != v) {
            break;
        }
    }
}

void fuzz_issue(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct pending *p = &pending[port_cpu_id()];

    *p = (struct pending){port_current(), number, {{a, b, c, d, 0}}};
    run_call(p);
}

/* A vCPU that was preempted within a hypercall issues it again before it does anything else, mostly. */
static bool resume_call(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(pending); i++) {
        if (pending[i].vcpu && pending[i].vcpu == port_current()) {
            if (fuzz_one_in(8)) {
                pending[i].vcpu = NULL;
                return false;
            }
            run_call(&pending[i]);
            return true;
        }
    }
    return false;
}

/* ---- what the guest does by itself ---- */

void fuzz_guest_touch(uint64_t address, bool write)
{
    mfn_t m;

    fake_touch(guest_va(address), write, &m);
}

/* A store that the processor does not allow faults: the hypervisor may do it for the guest. */
void fuzz_guest_write(uint64_t address, uint64_t value)
{
    struct vcpu *v = port_current();
    struct cpu_user_regs *regs = port_vcpu_regs(v);
    mfn_t m;

    if (fake_touch(guest_va(address), true, &m)) {
        if (address % 8 == 0 && fake_is_ram(m)) {
            fake_poke(m, (unsigned int)(address % PAGE_SIZE / 8), value);
        }
        return;
    }
    regs->rip = FUZZ_CODE;
    regs->error_code = fake_touch(guest_va(address), false, &m) ? 7 : 6;
    guest_cpu_page_fault(v, regs, address);
}

/* ---- sequences ---- */

static void common_operation(void)
{
    switch (fuzz_below(6)) {
    case 0:
        fake_preempt_every(fuzz_below(6));
        break;
    case 1:
        fake_fail_alloc(fuzz_below(12));
        break;
    case 2:
        fake_fail_copy(fuzz_below(12));
        break;
    case 3:
        fake_advance((uint64_t)fuzz_u8() << fuzz_below(28));
        fuzz_cpus_work();
        break;
    default:
        for (unsigned int i = 0; i < 4; i++) {
            fuzz_guest_touch(fuzz_address(), i % 2);
        }
    }
}

static void one_operation(fuzz_operation *const *operations, unsigned int count)
{
    unsigned int choice = fuzz_u8();

    fake_become_cpu(fuzz_below(FUZZ_CPUS));
    fuzz_exit();
    if (port_current()->is_idle) {
        return;
    }
    if (resume_call()) {
        fuzz_exit();
        return;
    }
    if (choice >= 256 - COMMON_CHOICES) {
        common_operation();
    } else {
        places_used = 0;
        operations[choice % count]();
    }
    fuzz_exit();
}

static void world_start(void)
{
    fake_start(FUZZ_FRAMES, FUZZ_CPUS);
    fake_set_time(TIMER_NS_PER_SECOND);
    set_cpuid();
    for (unsigned int i = 0; i < ARRAY_SIZE(args_memory); i++) {
        fake_guest_memory(guest_va(FUZZ_ARGS + 2 * i * FUZZ_PLACE_SIZE), args_memory[i], FUZZ_PLACE_SIZE);
    }
    fake_guest_memory(guest_va(FUZZ_CODE), code_memory, sizeof(code_memory));
    fake_guest_memory(guest_va(FUZZ_STACK), stack_memory, sizeof(stack_memory));
    fake_on_power_off = fake_on_reset = machine_ends;
    fake_on_relax = relax;
    require(sched_init("null"), "a scheduler");
    domain_init();
    for (unsigned int cpu = 0; cpu < FUZZ_CPUS; cpu++) {
        make_cpu(cpu);
    }
    fake_become_cpu(0);
    grow_rooms();
    fuzz_end_note();
    for (unsigned int id = 0; id < FUZZ_DOMAINS; id++) {
        make_domain(id);
    }
    fuzz_cpus_work();
    fake_become_cpu(0);
    fake_console_clear();
    fake_snapshot_take();
    started = true;
    tracing = getenv("PARVIS_FUZZ_TRACE") != NULL;
}

void fuzz_world_reset(void)
{
    if (!started) {
        world_start();
    }
    fake_snapshot_restore();
    fuzz_input_set(NULL, 0);
    fuzz_end_reset();
    memset(pending, 0, sizeof(pending));
    memset(code_memory, 0, sizeof(code_memory));
    memset(stack_memory, 0, sizeof(stack_memory));
    in_timer = false;
    relaxes = 0;
}

void fuzz_run(const uint8_t *data, size_t size, fuzz_operation *const *operations, unsigned int count)
{
    fuzz_world_reset();
    fuzz_input_set(data, size);
    if (setjmp(sequence_end)) {
        return;
    }
    for (unsigned int i = 0; i < SEQUENCE_MAX && fuzz_more(); i++) {
        relaxes = 0;
        one_operation(operations, count);
        fake_check_locks();
        fake_tlb_check();
        if (fuzz_check) {
            fuzz_check();
        }
    }
    fake_preempt_every(0);
    fake_fail_alloc(0);
    fake_fail_copy(0);
    fuzz_end();
}
