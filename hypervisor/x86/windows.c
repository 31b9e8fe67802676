/* SPDX-License-Identifier: MIT */
/*
 * Slot 260: the windows through which a domain's GDTs and LDTs are seen at fixed addresses. A vCPU's window
 * is 16 pages of GDT, of which page 14 belongs to the CPU that it runs on, then 16 pages of LDT.
 */
#include "core/domain.h"
#include "core/frame.h"
#include "core/heap.h"
#include "port/cpu.h"
#include "port/map.h"
#include "pvabi/errno.h"
#include "x86/boot_alloc.h"
#include "x86/descriptors.h"
#include "x86/page_table.h"
#include "x86/xpti.h"

#define VCPUS_A_TABLE (512 / LAYOUT_WINDOW_PAGES)
#define TABLE_FLAGS   (X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_ACCESSED | X86_PTE_DIRTY)
/* Not global: the same addresses show another domain's tables after a switch. */
#define WINDOW_FLAGS     (X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_ACCESSED | X86_PTE_DIRTY | X86_PTE_NX)
#define WINDOW_READ_ONLY (X86_PTE_PRESENT | X86_PTE_ACCESSED | X86_PTE_NX)

/* What guests see where they have no table: a page of null descriptors. */
static uint8_t zero_page[4096] ALIGNED(4096);

static uint64_t physical_of_image(const void *address)
{
    return (uintptr_t)address - LAYOUT_IMAGE;
}

static uint64_t *new_table(void)
{
    mfn_t frame = frame_alloc_hv(0);

    if (!mfn_valid_number(frame)) {
        return NULL;
    }
    port_clear_frame(frame);
    return port_hv_address(frame);
}

static uint64_t table_entry(const uint64_t *table)
{
    return port_hv_frame(table).n << PAGE_SHIFT | TABLE_FLAGS;
}

int port_domain_init(struct domain *d)
{
    struct port_domain *m = &d->machine;

    m->xpti = x86_xpti_for(d->privileged);
    m->windows_l3 = new_table();
    m->windows_l2 = new_table();
    m->windows_l1 =
        heap_zalloc(ROUND_UP(MAX(d->vcpu_count, 1u), VCPUS_A_TABLE) / VCPUS_A_TABLE * sizeof(uint64_t *));
    if (!m->windows_l3 || !m->windows_l2 || !m->windows_l1) {
        port_domain_destroy(d);
        return -XEN_ENOMEM;
    }
    m->windows_l3[0] = table_entry(m->windows_l2);
    return 0;
}

static void free_table(uint64_t *table)
{
    if (table) {
        frame_free_hv(port_hv_frame(table), 0);
    }
}

void port_domain_destroy(struct domain *d)
{
    struct port_domain *m = &d->machine;

    for (unsigned int i = 0; m->windows_l1 && i * VCPUS_A_TABLE < d->vcpu_count; i++) {
        free_table(m->windows_l1[i]);
    }
    heap_free(m->windows_l1);
    free_table(m->windows_l2);
    free_table(m->windows_l3);
    *m = (struct port_domain){0};
}

static uint64_t *window(const struct vcpu *v)
{
    uint64_t *table = v->domain->machine.windows_l1[v->id / VCPUS_A_TABLE];

    return &table[v->id % VCPUS_A_TABLE * LAYOUT_WINDOW_PAGES];
}

static uintptr_t window_address(const struct vcpu *v)
{
    return LAYOUT_WINDOWS + (uintptr_t)v->id * LAYOUT_WINDOW_SIZE;
}

int x86_windows_make(struct vcpu *v)
{
    struct port_domain *m = &v->domain->machine;
    unsigned int table = v->id / VCPUS_A_TABLE;

    if (!m->windows_l1[table]) {
        m->windows_l1[table] = new_table();
        if (!m->windows_l1[table]) {
            return -XEN_ENOMEM;
        }
        m->windows_l2[table] = table_entry(m->windows_l1[table]);
    }
    port_gdt_set(v, NULL, 0);
    return 0;
}

uint64_t x86_windows_entry(const struct domain *d)
{
    return d->machine.windows_l3 ? table_entry(d->machine.windows_l3) : 0;
}

void port_gdt_set(struct vcpu *v, const mfn_t *frames, unsigned int count)
{
    uint64_t *entries;

    /* A vCPU that could not be made whole has no window, and nothing in it. */
    if (!v->domain->machine.windows_l1 || !v->domain->machine.windows_l1[v->id / VCPUS_A_TABLE]) {
        return;
    }
    entries = window(v);

    for (unsigned int i = 0; i < LAYOUT_GDT_PAGE; i++) {
        entries[i] = i < count ? frames[i].n << PAGE_SHIFT | WINDOW_FLAGS
                               : physical_of_image(zero_page) | WINDOW_READ_ONLY;
    }
}

void port_ldt_map(struct vcpu *v, unsigned int page, mfn_t frame)
{
    window(v)[16 + page] = mfn_valid_number(frame) ? frame.n << PAGE_SHIFT | WINDOW_FLAGS : 0;
}

static void load_ldt(struct vcpu *v)
{
    uint64_t *descriptor = &x86_this_cpu()->gdt[LAYOUT_LDT / 8 - LAYOUT_GDT_PAGE * 512];
    uint64_t base = window_address(v) + 16 * PAGE_SIZE, limit = v->machine.ldt_descriptors * 8ull - 1;

    if (v->machine.ldt_descriptors == 0) {
        __asm__ volatile("lldt %w0" : : "r"(0));
        return;
    }
    descriptor[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82ull << 40 | (limit >> 16 & 0xf) << 48 |
                    (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
    __asm__ volatile("lldt %w0" : : "r"(LAYOUT_LDT) : "memory");
}

void port_ldt_load(struct vcpu *v, unsigned int descriptors)
{
    v->machine.ldt_descriptors = descriptors;
    if (v == port_current()) {
        load_ldt(v);
    }
}

void x86_windows_take(struct vcpu *v)
{
    window(v)[LAYOUT_GDT_PAGE] = port_hv_frame(x86_this_cpu()->gdt).n << PAGE_SHIFT | WINDOW_FLAGS;
}

void x86_windows_load(struct vcpu *v)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdt = {(LAYOUT_GDT_PAGE + 1) * PAGE_SIZE - 1, window_address(v)};

    __asm__ volatile("lgdt %0" : : "m"(gdt));
    load_ldt(v);
}

int64_t x86_windows_offset(const struct vcpu *v, uint64_t address)
{
    uint64_t offset = address - window_address(v);

    return offset < LAYOUT_WINDOW_SIZE ? (int64_t)offset : -1;
}
