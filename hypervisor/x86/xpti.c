/* SPDX-License-Identifier: MIT */
/* The second roots of XPTI. Tables below the hypervisor's slot are made at boot; the L4 is copied when it changes. */
#include "x86/xpti.h"

#include "core/domain.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/map.h"
#include "x86/apic.h"
#include "x86/boot_alloc.h"
#include "x86/cpu.h"
#include "x86/descriptors.h"
#include "x86/page_table.h"

#define L4_ENTRIES 512u

extern const char entry_text_start[], entry_text_end[];

static bool on_first, on_others;

static bool chosen(enum x86_choice choice, bool otherwise)
{
    return choice == X86_CHOICE_DEFAULT ? otherwise : choice == X86_CHOICE_ON;
}

void x86_xpti_init(enum x86_choice first, enum x86_choice others)
{
    bool affected = !x86_features.amd && !x86_rdcl_no();

    on_first = chosen(first, affected);
    on_others = chosen(others, affected);
    log_info("XPTI: the CPU is %saffected; dom0: %s, others: %s", affected ? "" : "not ",
             on_first ? "yes" : "no", on_others ? "yes" : "no");
}

bool x86_xpti_for(bool privileged)
{
    return privileged ? on_first : on_others;
}

bool x86_xpti_any(void)
{
    return on_first || on_others;
}

/* Maps pages of the hypervisor as its own root has them. Nothing is global: PGE is off under XPTI. */
static void map_same(uint64_t *l4, uintptr_t start, uintptr_t end)
{
    for (uintptr_t at = start & PAGE_MASK; at < end; at += PAGE_SIZE) {
        const uint64_t *entry = x86_find_entry(at);

        if (entry && *entry & X86_PTE_LARGE) {
            port_panic("XPTI: %#lx is not mapped by a small page", at);
        }
        if (entry) {
            x86_map_in(l4, at, *entry & X86_PTE_ADDRESS, PAGE_SIZE,
                       *entry & ~(X86_PTE_ADDRESS | X86_PTE_GLOBAL));
        }
    }
}

void x86_xpti_cpu_make(unsigned int id)
{
    struct x86_cpu *cpu = x86_cpu_data(id);
    uintptr_t block = x86_cpu_block(id);

    if (!x86_xpti_any()) {
        return;
    }
    for (unsigned int mode = 0; mode < ARRAY_SIZE(cpu->second_l4); mode++) {
        cpu->second_l4[mode] = (uint64_t *)(LAYOUT_DIRECT + x86_boot_alloc(PAGE_SIZE, PAGE_SIZE));
    }
    map_same(cpu->second_l4[0], (uintptr_t)entry_text_start, (uintptr_t)entry_text_end);
    map_same(cpu->second_l4[0], (uintptr_t)x86_idt, (uintptr_t)x86_idt + PAGE_SIZE);
    map_same(cpu->second_l4[0], block, block + LAYOUT_CPU_SIZE);
    cpu->second_l4[1][LAYOUT_SLOT_IMAGE] = cpu->second_l4[0][LAYOUT_SLOT_IMAGE];
}

/* Slots that come from the guest's L4: all of its own, and the hypervisor's that differ from domain to domain. */
static bool slot_copied(unsigned int slot)
{
    return slot < LAYOUT_SLOT_FIRST || slot >= LAYOUT_SLOT_END || slot == LAYOUT_SLOT_M2P ||
           slot == LAYOUT_SLOT_WINDOWS;
}

static void copy_root(uint64_t *to, mfn_t root)
{
    const volatile uint64_t *from = port_map_frame(root);

    for (unsigned int i = 0; i < L4_ENTRIES; i++) {
        if (slot_copied(i)) {
            to[i] = port_read_u64(&from[i]);
        }
    }
    port_unmap_frame((const void *)from);
}

void x86_xpti_load(void)
{
    struct x86_cpu *cpu = x86_this_cpu();
    struct vcpu *v = cpu->current;
    unsigned int mode = v && !v->is_idle && v->cpu.kernel_mode;

    if (!v || v->is_idle || !v->domain->machine.xpti) {
        cpu->guest_cr3 = 0;
        return;
    }
    if (cpu->second_source[mode] != cpu->root) {
        cpu->second_source[mode] = cpu->root;
        copy_root(cpu->second_l4[mode], maddr_to_mfn(maddr(cpu->root)));
    }
    cpu->guest_cr3 = (uint64_t)cpu->second_l4[mode] - LAYOUT_DIRECT;
}

void x86_xpti_forget(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    cpu->second_source[0] = cpu->second_source[1] = 0;
}

/* Other CPUs copy anew before they enter their guest again. A guest that is quicker than the message meets a
 * spurious fault, which core settles. */
void port_root_changed(struct domain *d)
{
    if (LIKELY(!d->machine.xpti)) {
        return;
    }
    CPUMASK_FOR_EACH(id, d->dirty_cpus)
    {
        struct x86_cpu *cpu = x86_cpu_data((unsigned int)id);

        port_or_u32(&cpu->work, X86_WORK_ROOT);
        if (cpu != x86_this_cpu()) {
            x86_apic_send(cpu->apic_id, X86_VECTOR_KICK);
        }
    }
}

void port_roots_replaced(struct vcpu *v)
{
    if (v == port_current()) {
        x86_xpti_forget();
    }
}

/* Whether a second root may map this page of the hypervisor. */
static bool page_allowed(const struct x86_cpu *cpu, uintptr_t page)
{
    uintptr_t block = x86_cpu_block(cpu->id);

    return (page >= ((uintptr_t)entry_text_start & PAGE_MASK) && page < (uintptr_t)entry_text_end) ||
           page == (uintptr_t)x86_idt || (page >= block && page < block + LAYOUT_CPU_SIZE);
}

/* Counts the pages below a table, or -1 at the first that must not be there, which it names. */
static int count_pages(const struct x86_cpu *cpu, const uint64_t *table, unsigned int level, uintptr_t base)
{
    int pages = 0;

    for (unsigned int i = 0; i < L4_ENTRIES; i++) {
        uintptr_t at = base + ((uintptr_t)i << (3 + 9 * level));
        int below = 1;

        if (!(table[i] & X86_PTE_PRESENT)) {
            continue;
        }
        if (level > 1 && !(table[i] & X86_PTE_LARGE)) {
            below = count_pages(cpu, (const uint64_t *)(LAYOUT_DIRECT + (table[i] & X86_PTE_ADDRESS)),
                                level - 1, at);
        } else if (level > 1 || !page_allowed(cpu, at)) {
            log_error("XPTI: CPU %u maps %#lx for guests", cpu->id, at);
            below = -1;
        }
        if (below < 0) {
            return -1;
        }
        pages += below;
    }
    return pages;
}

static int second_root_pages(const struct x86_cpu *cpu, const uint64_t *l4)
{
    int pages = 0;

    for (unsigned int i = LAYOUT_SLOT_FIRST; i < LAYOUT_SLOT_END; i++) {
        uintptr_t base = 0xffff000000000000ull | (uintptr_t)i << 39;
        int below;

        if (i == LAYOUT_SLOT_M2P || i == LAYOUT_SLOT_WINDOWS || !(l4[i] & X86_PTE_PRESENT)) {
            continue;
        }
        below = count_pages(cpu, (const uint64_t *)(LAYOUT_DIRECT + (l4[i] & X86_PTE_ADDRESS)), 3, base);
        if (below < 0) {
            return -1;
        }
        pages += below;
    }
    return pages;
}

void x86_xpti_print(void)
{
    const struct x86_cpu *cpu = x86_this_cpu();

    log_info("XPTI: dom0: %s, others: %s", on_first ? "yes" : "no", on_others ? "yes" : "no");
    for (unsigned int mode = 0; x86_xpti_any() && mode < ARRAY_SIZE(cpu->second_l4); mode++) {
        int pages = second_root_pages(cpu, cpu->second_l4[mode]);

        if (pages >= 0) {
            log_info("XPTI: CPU %u in %s mode maps %d pages of the hypervisor, as it must", cpu->id,
                     mode ? "kernel" : "user", pages);
        }
    }
}
