/* SPDX-License-Identifier: MIT */
/*
 * The tests' machine: translation caches, by the processor's rules. A translation may be kept until it is
 * flushed: a load of a root drops those that are not global, a flush of one page drops that page's, a full
 * flush all.
 */
#include <pthread.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "fake.h"
#include "fake_internal.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "port/tlb.h"
#include "port/vcpu.h"

#define TLB_SIZE   256u
#define ENTRY_BITS 9u

struct entry {
    bool used, write, global;
    uint64_t page;
    mfn_t frame;
    struct domain *owner; /* when it was cached */
};

static struct {
    mfn_t root;
    struct entry entries[TLB_SIZE];
    unsigned int next, flushes;
    uint32_t flushed_at;
} tlbs[CPU_MAX];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one CPU flushes another's */
static uint32_t flush_clock = 1;
static unsigned int cache_flushes;

static void cpu_flush_all(unsigned int cpu)
{
    for (unsigned int i = 0; i < TLB_SIZE; i++) {
        tlbs[cpu].entries[i].used = false;
    }
    tlbs[cpu].flushes++;
    tlbs[cpu].flushed_at = __atomic_add_fetch(&flush_clock, 1, __ATOMIC_SEQ_CST);
}

void port_tlb_flush_all(struct cpumask cpus)
{
    fake_step();
    pthread_mutex_lock(&lock);
    CPUMASK_FOR_EACH (cpu, cpumask_and(cpus, fake_cpus_online)) {
        cpu_flush_all((unsigned int)cpu);
    }
    pthread_mutex_unlock(&lock);
}

void port_tlb_flush_page(struct cpumask cpus, guest_va_t address)
{
    fake_step();
    pthread_mutex_lock(&lock);
    CPUMASK_FOR_EACH (cpu, cpumask_and(cpus, fake_cpus_online)) {
        for (unsigned int i = 0; i < TLB_SIZE; i++) {
            struct entry *e = &tlbs[cpu].entries[i];

            e->used = e->used && e->page != address.n / PAGE_SIZE;
        }
    }
    pthread_mutex_unlock(&lock);
}

uint32_t port_tlb_clock(void)
{
    return __atomic_load_n(&flush_clock, __ATOMIC_SEQ_CST);
}

struct cpumask port_tlb_stale(struct cpumask cpus, uint32_t since)
{
    struct cpumask stale = CPUMASK_NONE;

    pthread_mutex_lock(&lock);
    CPUMASK_FOR_EACH (cpu, cpumask_and(cpus, fake_cpus_online)) {
        if (tlbs[cpu].flushed_at <= since) {
            stale = cpumask_with(stale, (unsigned int)cpu);
        }
    }
    pthread_mutex_unlock(&lock);
    return stale;
}

void port_cache_flush(const void *start, size_t length)
{
    (void)start;
    (void)length;
    cache_flushes++;
}

void port_cache_flush_all(void)
{
    cache_flushes++;
}

unsigned int fake_tlb_flushes(unsigned int cpu)
{
    return tlbs[cpu].flushes;
}

void fake_tlb_switch(mfn_t root)
{
    tlbs[fake_cpu].root = root;
    port_tlb_flush_all(cpumask_of(fake_cpu));
}

void port_load_root(mfn_t l4)
{
    pthread_mutex_lock(&lock);
    tlbs[fake_cpu].root = l4;
    for (unsigned int i = 0; i < TLB_SIZE; i++) {
        struct entry *e = &tlbs[fake_cpu].entries[i];

        e->used = e->used && e->global;
    }
    pthread_mutex_unlock(&lock);
}

void port_l4_init(struct domain *d, uint64_t *l4)
{
    (void)d;
    /* The hypervisor's half leads nowhere that a guest may go: frames outside of the arena, for the
     * supervisor only but for the M2P. */
    for (unsigned int slot = 256; slot <= 271; slot++) {
        l4[slot] = pte_make(mfn(0xff000000ull + slot), PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY);
    }
    l4[256] = pte_make(mfn(0xff000000ull + 256), PTE_PRESENT | PTE_USER | PTE_ACCESSED);
}

/* Walks as the processor does; false: a fault. */
static bool walk(mfn_t root, guest_va_t address, struct entry *found)
{
    mfn_t table = root;
    uint64_t all = PTE_WRITE | PTE_USER, entry = 0;

    for (unsigned int level = 4; level > 0; level--) {
        unsigned int index = (unsigned int)(address.n >> (PAGE_SHIFT + ENTRY_BITS * (level - 1)) & 511);

        entry = fake_peek(table, index);
        if (!(entry & PTE_PRESENT)) {
            return false;
        }
        all &= entry;
        table = pte_frame(entry);
        if (level > 1 && !fake_is_ram(table)) {
            fake_fail("an entry of level %u leads to frame %#llx", level, (unsigned long long)table.n);
        }
    }
    *found = (struct entry){true,  all & PTE_WRITE,   entry & PTE_GLOBAL, address.n / PAGE_SIZE,
                            table, frame_owner(table)};
    return all & PTE_USER;
}

bool fake_touch(guest_va_t address, bool write, mfn_t *m)
{
    struct entry found;

    for (unsigned int i = 0; i < TLB_SIZE; i++) {
        const struct entry *e = &tlbs[fake_cpu].entries[i];

        if (e->used && e->page == address.n / PAGE_SIZE && (e->write || !write)) {
            *m = e->frame;
            return true;
        }
    }
    if (!guest_range_ok(address, 1) || !mfn_valid_number(tlbs[fake_cpu].root) ||
        !walk(tlbs[fake_cpu].root, address, &found) || (write && !found.write)) {
        return false;
    }
    tlbs[fake_cpu].entries[tlbs[fake_cpu].next++ % TLB_SIZE] = found;
    *m = found.frame;
    return true;
}

static void entry_check(unsigned int cpu, const struct entry *e)
{
    uint64_t refs, type;

    if (!fake_is_ram(e->frame)) {
        return;
    }
    refs = frame_table[e->frame.n].refs;
    type = frame_table[e->frame.n].type;
    if (refs & FRAME_FREE) {
        return; /* flushed before it is used again */
    }
    if (frame_owner(e->frame) != e->owner) {
        fake_fail("CPU %u has a stale translation to frame %#llx, which has another owner", cpu,
                  (unsigned long long)e->frame.n);
    }
    if (e->write && type & (PAGE_TYPE_VALIDATED | PAGE_TYPE_PARTIAL) &&
        page_type_of(type) != FRAME_WRITABLE) {
        fake_fail("CPU %u can write to frame %#llx of type %d", cpu, (unsigned long long)e->frame.n,
                  (int)page_type_of(type));
    }
}

void fake_tlb_check(void)
{
    CPUMASK_FOR_EACH (cpu, fake_cpus_online) {
        for (unsigned int i = 0; i < TLB_SIZE; i++) {
            if (tlbs[cpu].entries[i].used) {
                entry_check((unsigned int)cpu, &tlbs[cpu].entries[i]);
            }
        }
    }
}
