/* SPDX-License-Identifier: MIT */
/*
 * Flushes of translations. One CPU at a time asks others (flush_lock); each of those does it in its
 * interrupt, or, when it waits for something itself, in port_cpu_relax; so nobody waits for one who waits.
 */
#include "port/tlb.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/tlb.h"

static uint16_t flush_next, flush_serving;
/*
 * The clock wraps, so stamps may not become old: at every CLOCK_PERIOD all CPUs are made to flush. It starts
 * shortly before its first wrap, so that each run sees one.
 */
#define CLOCK_PERIOD (1u << 29)
#define CLOCK_START  (0u - 300)

static uint32_t flush_clock = CLOCK_START;
static uint32_t flush_stamps[CPU_MAX];

static void flush_everywhere_soon(const struct x86_cpu *self)
{
    CPUMASK_FOR_EACH(other, port_cpus_online())
    {
        struct x86_cpu *cpu = x86_cpu_data((unsigned int)other);

        port_or_u32(&cpu->work, X86_WORK_FLUSH);
        if (cpu != self) {
            x86_apic_send(cpu->apic_id, X86_VECTOR_KICK);
        }
    }
}

void x86_flush_local(void)
{
    struct x86_cpu *cpu = x86_this_cpu();
    uint32_t stamp = port_add_u32(&flush_clock, 1) + 1;

    if (stamp % CLOCK_PERIOD == 0) {
        flush_everywhere_soon(cpu);
    }

    if (cpu->cr4 & CR4_PGE) {
        x86_write_cr4(cpu->cr4 & ~CR4_PGE);
        x86_write_cr4(cpu->cr4);
    } else {
        __asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" ::: "rax", "memory");
    }
    port_write_u32(&flush_stamps[cpu->id], stamp);
}

static void flush_one(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

void x86_flush_answer(struct x86_cpu *cpu)
{
    /* Pairs with the release in ask(): the request was written before. */
    if (!__atomic_load_n(&cpu->flush_wanted, __ATOMIC_ACQUIRE)) {
        return;
    }
    if (cpu->flush.one_page) {
        flush_one(cpu->flush.address);
    } else {
        x86_flush_local();
    }
    __atomic_store_n(&cpu->flush_wanted, 0, __ATOMIC_RELEASE);
}

static void ask(struct cpumask others, struct x86_flush request)
{
    uint16_t mine = __atomic_fetch_add(&flush_next, 1, __ATOMIC_RELAXED);

    while (__atomic_load_n(&flush_serving, __ATOMIC_ACQUIRE) != mine) {
        port_cpu_relax();
    }
    CPUMASK_FOR_EACH(other, others)
    {
        struct x86_cpu *cpu = x86_cpu_data((unsigned int)other);

        cpu->flush = request;
        __atomic_store_n(&cpu->flush_wanted, 1, __ATOMIC_SEQ_CST);
        x86_apic_send(cpu->apic_id, X86_VECTOR_FLUSH);
    }
    CPUMASK_FOR_EACH(wait, others)
    {
        while (__atomic_load_n(&x86_cpu_data((unsigned int)wait)->flush_wanted, __ATOMIC_ACQUIRE)) {
            port_cpu_relax();
        }
    }
    __atomic_store_n(&flush_serving, (uint16_t)(mine + 1), __ATOMIC_RELEASE);
}

static void flush(struct cpumask cpus, struct x86_flush request)
{
    unsigned int self = port_cpu_id();
    struct cpumask online = cpumask_and(cpus, port_cpus_online()), others = cpumask_without(online, self);

    if (cpumask_has(cpus, self)) {
        if (request.one_page) {
            flush_one(request.address);
        } else {
            x86_flush_local();
        }
    }
    if (!cpumask_empty(others)) {
        ask(others, request);
    }
}

void port_tlb_flush_all(struct cpumask cpus)
{
    flush(cpus, (struct x86_flush){0, false});
}

void port_tlb_flush_page(struct cpumask cpus, guest_va_t address)
{
    flush(cpus, (struct x86_flush){address.n, true});
}

uint32_t port_tlb_clock(void)
{
    return port_read_u32(&flush_clock);
}

struct cpumask port_tlb_stale(struct cpumask cpus, uint32_t since)
{
    struct cpumask stale = CPUMASK_NONE;

    /* A stamp is never CLOCK_PERIOD older than now, so what looks later than since is; a very old since costs
     * a flush. */
    CPUMASK_FOR_EACH(cpu, cpus)
    {
        if ((int32_t)(port_read_u32(&flush_stamps[cpu]) - since) <= 0) {
            stale = cpumask_with(stale, (unsigned int)cpu);
        }
    }
    return stale;
}

static void write_back(void *unused)
{
    (void)unused;
    __asm__ volatile("wbinvd" ::: "memory");
}

#define CPUID_FEATURES        1
#define CPUID_CLFLUSH_SHIFT   8 /* in EBX: the size of a line, in units of 8 bytes */
#define CPUID_CLFLUSH_MASK    0xffu
#define CPUID_CLFLUSH_UNIT    8u

void port_cache_flush(const void *start, size_t length)
{
    uint32_t cpuid[4];
    uintptr_t line, end = (uintptr_t)start + length;

    x86_cpuid(CPUID_FEATURES, 0, cpuid);
    line = (cpuid[1] >> CPUID_CLFLUSH_SHIFT & CPUID_CLFLUSH_MASK) * CPUID_CLFLUSH_UNIT;
    for (uintptr_t at = (uintptr_t)start & -line; at < end; at += line) {
        __asm__ volatile("clflush (%0)" : : "r"(at) : "memory");
    }
    __asm__ volatile("mfence" ::: "memory");
}

void port_cache_flush_all(void)
{
    port_cpu_call(port_cpus_online(), write_back, NULL);
}
