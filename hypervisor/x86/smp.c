/* SPDX-License-Identifier: MIT */
/* The CPUs: their blocks, starting them, and calling functions on them. */
#include "x86/smp.h"
#include "core/sched.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/time.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/boot_alloc.h"
#include "x86/cpu.h"
#include "x86/descriptors.h"
#include "x86/exit.h"
#include "x86/loader.h"
#include "x86/page_table.h"
#include "x86/time.h"
#include "x86/xpti.h"

#define MILLISECOND 1000000ull
#define START_POLLS 2000u /* of half a millisecond; a busy host may not run an emulated CPU for a while */

extern const char trampoline_start[], trampoline_end[], trampoline_far32[], trampoline32[];
extern uint64_t trampoline_stack, trampoline_root;

struct cpumask x86_cpus_online;

static uint64_t stubs_frame[CPU_MAX];
static uint64_t trampoline; /* the physical address of the other CPUs' first code; 0: no place for it */
static struct {
    void (*function)(void *argument);
    void *argument;
    uint64_t left; /* atomic: a bit a CPU that has not yet run it */
    uint32_t busy; /* atomic */
} call;

void x86_cpu_block_make(unsigned int id, uint32_t apic_id)
{
    uint64_t memory = x86_boot_alloc(LAYOUT_CPU_SIZE, PAGE_SIZE);
    uintptr_t block = x86_cpu_block(id);
    struct x86_cpu *cpu;

    for (unsigned int page = 0; page < LAYOUT_CPU_SIZE / PAGE_SIZE; page++) {
        if (LAYOUT_CPU_MAPPED >> page & 1) {
            x86_map(block + page * PAGE_SIZE, memory + page * PAGE_SIZE, PAGE_SIZE,
                    page == 0 ? X86_PTE_RX : X86_PTE_RW);
        }
    }
    stubs_frame[id] = memory;
    cpu = x86_cpu_data(id);
    cpu->id = id;
    cpu->apic_id = apic_id;
    cpu->gdt = (uint64_t *)(LAYOUT_DIRECT + x86_boot_alloc(PAGE_SIZE, PAGE_SIZE));
    x86_xpti_cpu_make(id);
}

uint8_t *x86_cpu_stubs_writable(unsigned int cpu)
{
    return (uint8_t *)(LAYOUT_DIRECT + stubs_frame[cpu]);
}

static void wait_ns(uint64_t ns)
{
    uint64_t end = port_time_now() + ns;

    while (port_time_now() < end) {
        port_cpu_relax();
    }
}

void x86_smp_prepare(void)
{
    char *copy;
    uint32_t target;

    trampoline = boot_info_low_page(&boot_info);
    if (trampoline == 0) {
        return;
    }
    copy = (char *)LAYOUT_DIRECT + trampoline;
    target = (uint32_t)trampoline + (uint32_t)(trampoline32 - trampoline_start);
    x86_map(LAYOUT_DIRECT + trampoline, trampoline, PAGE_SIZE, X86_PTE_RW);
    memcpy(copy, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    memcpy(copy + (trampoline_far32 - trampoline_start), &target, sizeof(target));
}

/* First C code of another CPU, on its own main stack, with the final tables. */
void x86_ap_start(void);

void x86_ap_start(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    cpu->root = (uint64_t)x86_idle_l4 - LAYOUT_DIRECT;
    x86_cpu_setup();
    x86_descriptors_cpu_init();
    x86_apic_cpu_init();
    x86_time_cpu_init();
    x86_time_compare();
    cpu->current = cpu->idle;
    __atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
    port_or_u64(&x86_cpus_online.bits, 1ull << cpu->id);
    sched_cpu_up(cpu->id, cpu->idle);
    x86_exit_idle();
}

/* What a CPU that has come does with the first one before it is online. */
static bool is_online(const struct x86_cpu *cpu)
{
    x86_time_compare_other(cpu->id);
    return __atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE);
}

static bool start_one(unsigned int id)
{
    struct x86_cpu *cpu = x86_cpu_data(id);

    trampoline_root = (uint64_t)x86_idle_l4 - LAYOUT_DIRECT;
    trampoline_stack = x86_cpu_block(id) + LAYOUT_CPU_STACK_END - 256;
    x86_apic_send_init(cpu->apic_id);
    wait_ns(10 * MILLISECOND);
    for (unsigned int attempt = 0; attempt < 2; attempt++) {
        x86_apic_send_startup(cpu->apic_id, (uint8_t)(trampoline >> PAGE_SHIFT));
        for (unsigned int i = 0; i < START_POLLS; i++) {
            if (is_online(cpu)) {
                return true;
            }
            wait_ns(MILLISECOND / 2);
        }
    }
    /* Should it still come, it would find the next one's stack: INIT holds it. */
    x86_apic_send_init(cpu->apic_id);
    return false;
}

void x86_smp_start(unsigned int count)
{
    if (count > 1 && trampoline == 0) {
        log_error("there is no memory below 640 KiB for the other CPUs to start in; going on without them");
        return;
    }
    for (unsigned int id = 1; id < count; id++) {
        if (!start_one(id)) {
            log_error("CPU %u (APIC id %u) did not start; going on without it", id,
                      x86_cpu_data(id)->apic_id);
        }
    }
}

void x86_call_answer(void)
{
    uint64_t mine = 1ull << port_cpu_id();

    if (port_read_acquire_u64(&call.left) & mine) {
        call.function(call.argument);
        port_and_u64(&call.left, ~mine);
    }
}

void port_cpu_call(struct cpumask mask, void (*function)(void *argument), void *argument)
{
    struct cpumask others = cpumask_without(cpumask_and(mask, port_cpus_online()), port_cpu_id());
    uint32_t expected = 0;

    if (cpumask_has(mask, port_cpu_id())) {
        function(argument);
    }
    if (cpumask_empty(others)) {
        return;
    }
    while (!port_cas_u32(&call.busy, &expected, 1)) {
        expected = 0;
        x86_call_answer();
        port_cpu_relax();
    }
    call.function = function;
    call.argument = argument;
    port_write_release_u64(&call.left, others.bits);
    CPUMASK_FOR_EACH(cpu, others)
    {
        port_or_u32(&x86_cpu_data((unsigned int)cpu)->work, X86_WORK_CALL);
        x86_apic_send(x86_cpu_data((unsigned int)cpu)->apic_id, X86_VECTOR_KICK);
    }
    while (port_read_acquire_u64(&call.left) != 0) {
        port_cpu_relax();
    }
    port_write_release_u32(&call.busy, 0);
}

uint32_t port_cpu_apic_id(unsigned int cpu)
{
    return x86_cpu_data(cpu)->apic_id;
}

uint32_t port_cpu_acpi_id(unsigned int cpu)
{
    for (unsigned int i = 0; i < acpi_info.cpu_count; i++) {
        if (acpi_info.cpus[i].apic_id == x86_cpu_data(cpu)->apic_id) {
            return acpi_info.cpus[i].acpi_id;
        }
    }
    return cpu;
}
