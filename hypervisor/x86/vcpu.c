/* SPDX-License-Identifier: MIT */
/* port/vcpu.h on the real machine: switching vCPUs, descriptor windows, segment bases, debug registers. */
#include "port/vcpu.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/heap.h"
#include "lib/string.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "port/map.h"
#include "pvabi/errno.h"
#include "x86/cpu.h"
#include "x86/descriptors.h"
#include "x86/guest_copy.h"
#include "x86/page_table.h"
#include "x86/tlb.h"
#include "x86/speculation.h"
#include "x86/xpti.h"

#define FXSAVE_SIZE   512u
#define XSAVE_HEADER  64u
#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_OFFSET  24u
#define FCW_DEFAULT   0x37fu
#define FSW_OFFSET    2u
#define FSW_SUMMARY   0x80u /* an exception is pending */
#define DR7_ENABLED   0xffull

struct cpu_user_regs *x86_vcpu_regs(struct vcpu *v)
{
    if (v->machine.context_on_cpu) {
        return x86_cpu_guest_regs(v->sched.cpu);
    }
    return &v->machine.regs;
}

static uint32_t fpu_size(void)
{
    return x86_features.xsave ? MAX(x86_features.xsave_size, FXSAVE_SIZE + XSAVE_HEADER) : FXSAVE_SIZE;
}

void port_l4_init(struct domain *d, uint64_t *l4)
{
    memcpy(&l4[LAYOUT_SLOT_FIRST], &x86_idle_l4[LAYOUT_SLOT_FIRST],
           (LAYOUT_SLOT_END - LAYOUT_SLOT_FIRST) * sizeof(l4[0]));
    l4[LAYOUT_SLOT_WINDOWS] = x86_windows_entry(d);
}

static void fpu_save(struct vcpu *v)
{
    if (x86_features.xsave) {
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(v->machine.fpu), "a"((uint32_t)x86_features.xcr0_all), "d"(0)
                         : "memory");
    } else {
        __asm__ volatile("fxsave64 (%0)" : : "r"(v->machine.fpu) : "memory");
    }
}

static void fpu_reset(struct vcpu *v)
{
    memset(v->machine.fpu, 0, fpu_size());
    *(uint16_t *)v->machine.fpu = FCW_DEFAULT;
    *(uint32_t *)((char *)v->machine.fpu + MXCSR_OFFSET) = MXCSR_DEFAULT;
}

static bool fpu_try_load(struct vcpu *v)
{
    return x86_features.xsave ? x86_try_xrstor(v->machine.fpu, (uint32_t)x86_features.xcr0_all)
                              : x86_try_fxrstor(v->machine.fpu);
}

/*
 * AMD's CPUs restore the x87's last instruction and operand only while an exception is pending: what was
 * there before would show. A load of our own constant takes their place.
 */
static void fpu_forget_pointers(const struct vcpu *v)
{
    static const uint32_t zero;

    if (x86_features.amd && !(*(const uint16_t *)((const char *)v->machine.fpu + FSW_OFFSET) & FSW_SUMMARY)) {
        __asm__ volatile("fnclex; ffree %%st(7); fildl %0" : : "m"(zero));
    }
}

/* Nothing of the vCPU before may stay: an image that the CPU refuses becomes the initial one. */
static void fpu_load(struct vcpu *v)
{
    fpu_forget_pointers(v);
    if (!fpu_try_load(v)) {
        fpu_reset(v);
        if (!fpu_try_load(v)) {
            port_panic("the FPU refuses its initial state");
        }
    }
}

int port_vcpu_init(struct vcpu *v)
{
    if (v->is_idle) {
        return 0;
    }
    /* The heap's objects are aligned to their size class, which XSAVE's 64 bytes need. */
    v->machine.fpu = heap_zalloc(ROUND_UP(fpu_size(), 64u));
    if (!v->machine.fpu) {
        return -XEN_ENOMEM;
    }
    ASSERT(((uintptr_t)v->machine.fpu & 63) == 0);
    fpu_reset(v);
    return x86_windows_make(v);
}

void port_vcpu_destroy(struct vcpu *v)
{
    heap_free(v->machine.fpu);
    v->machine.fpu = NULL;
}

void port_fpu_get(struct vcpu *v, void *fxsave)
{
    memcpy(fxsave, v->machine.fpu, FXSAVE_SIZE);
}

void port_fpu_set(struct vcpu *v, const void *fxsave)
{
    memcpy(v->machine.fpu, fxsave, FXSAVE_SIZE);
    if (x86_features.xsave) {
        uint64_t *header = (uint64_t *)((char *)v->machine.fpu + FXSAVE_SIZE);

        memset(header, 0, XSAVE_HEADER);
        header[0] = 3; /* x87 and SSE are valid */
    }
}

/* Components from 2 on have places that CPUID tells; the first two are what FXSAVE writes. */
uint64_t port_xstate_size(uint64_t components)
{
    uint64_t size = FXSAVE_SIZE + XSAVE_HEADER;

    components &= x86_features.xsave ? x86_features.xcr0_all : 0;
    for (unsigned int i = 2; i < 63; i++) {
        if (components >> i & 1) {
            struct port_cpuid leaf = port_cpuid(0xd, i);

            size = MAX(size, (uint64_t)leaf.a + leaf.b);
        }
    }
    return components ? size : 0;
}

void port_xstate_get(struct vcpu *v, void *area, uint64_t size)
{
    memcpy(area, v->machine.fpu, MIN(size, (uint64_t)fpu_size()));
}

void port_xstate_set(struct vcpu *v, const void *area, uint64_t size)
{
    uint64_t taken = MIN(size, (uint64_t)fpu_size());

    memcpy(v->machine.fpu, area, taken);
    memset((char *)v->machine.fpu + taken, 0, fpu_size() - taken);
}

static void set_xcr0(uint64_t value)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (x86_features.xsave && cpu->xcr0 != value) {
        __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
        cpu->xcr0 = value;
    }
}

static void set_cr4(uint64_t value)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (cpu->cr4 != value) {
        x86_write_cr4(value);
        cpu->cr4 = value;
    }
}

static uint64_t guest_cr4(const struct vcpu *v)
{
    /*
     * OSXSAVE stays on in the machine; TSD, DE and FSGSBASE are the guest's choice. Under XPTI nothing may be
     * global: the hypervisor's translations would outlive the change of roots.
     */
    uint64_t base = x86_features.cr4 & ~(v->domain->machine.xpti ? CR4_PGE : 0);

    return base | (v->domain->tsc.emulated ? CR4_TSD : 0) | (v->cpu.cr4 & (CR4_TSD | CR4_DE | CR4_FSGSBASE));
}

void port_read_selectors(struct vcpu *v)
{
    __asm__ volatile("mov %%ds, %0" : "=r"(v->cpu.ds));
    __asm__ volatile("mov %%es, %0" : "=r"(v->cpu.es));
    __asm__ volatile("mov %%fs, %0" : "=r"(v->cpu.fs));
    __asm__ volatile("mov %%gs, %0" : "=r"(v->cpu.gs));
}

static void save_segments(struct vcpu *v)
{
    uint64_t active = x86_rdmsr(MSR_GS_BASE), other = x86_rdmsr(MSR_KERNEL_GS_BASE);

    port_read_selectors(v);
    v->cpu.fs_base = x86_rdmsr(MSR_FS_BASE);
    v->cpu.gs_base_kernel = v->cpu.kernel_mode ? active : other;
    v->cpu.gs_base_user = v->cpu.kernel_mode ? other : active;
}

/*
 * Selectors first: loading one changes its base. What stands in v->cpu stays for guest_cpu_deliver, which tells
 * the guest of those that could not be loaded.
 */
static void load_segments(struct vcpu *v)
{
    bool good = x86_load_ds(v->cpu.ds);

    good &= x86_load_es(v->cpu.es);
    good &= x86_load_fs(v->cpu.fs);
    good &= x86_load_gs(v->cpu.gs);
    v->cpu.selectors_bad |= !good;
    x86_wrmsr(MSR_FS_BASE, v->cpu.fs_base);
    x86_wrmsr(MSR_GS_BASE, v->cpu.kernel_mode ? v->cpu.gs_base_kernel : v->cpu.gs_base_user);
    x86_wrmsr(MSR_KERNEL_GS_BASE, v->cpu.kernel_mode ? v->cpu.gs_base_user : v->cpu.gs_base_kernel);
}

static void load_debug(struct vcpu *v)
{
    uint64_t control = guest_cpu_debug_control(v);

    if (control & DR7_ENABLED) {
        port_write_dr(0, v->cpu.dr[0]);
        port_write_dr(1, v->cpu.dr[1]);
        port_write_dr(2, v->cpu.dr[2]);
        port_write_dr(3, v->cpu.dr[3]);
        port_write_dr(6, v->cpu.dr[6]);
        port_write_dr(7, control);
    }
}

static void save_context(struct vcpu *v)
{
    struct x86_cpu *cpu = x86_this_cpu();

    v->machine.regs = *x86_cpu_guest_regs(cpu->id);
    set_xcr0(x86_features.xcr0_all);
    if (v->cpu.ts) {
        x86_write_cr0(x86_read_cr0() & ~CR0_TS);
    }
    fpu_save(v);
    save_segments(v);
    if (guest_cpu_debug_control(v) & DR7_ENABLED) {
        port_write_dr(7, 0x400);
    }
    __atomic_store_n(&v->machine.context_on_cpu, false, __ATOMIC_RELEASE);
}

static void load_context(struct vcpu *v)
{
    struct x86_cpu *cpu = x86_this_cpu();

    v->machine.context_on_cpu = true;
    *x86_cpu_guest_regs(cpu->id) = v->machine.regs;
    x86_windows_load(v);
    set_xcr0(x86_features.xcr0_all);
    fpu_load(v);
    load_segments(v);
    load_debug(v);
    set_cr4(guest_cr4(v));
    if (x86_features.rdtscp) {
        x86_wrmsr(MSR_TSC_AUX, v->cpu.tsc_aux);
    }
    set_xcr0(v->cpu.xcr0 ? v->cpu.xcr0 : x86_features.xcr0_all & 3);
    if (v->cpu.ts) {
        x86_write_cr0(x86_read_cr0() | CR0_TS);
    }
}

void port_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (!from->is_idle) {
        save_context(from);
    }
    if (!to->is_idle) {
        mm_cpu_enter(to->domain, cpu->id);
        x86_windows_take(to);
        x86_speculation_switch(to);
    }
    cpu->current = to;
    cpu->root = to->is_idle ? (uint64_t)x86_idle_l4 - LAYOUT_DIRECT : to->mm.hw_cr3[to->cpu.kernel_mode];
    if (to->is_idle) {
        x86_windows_unload();
        set_cr4(x86_features.cr4);
    }
    x86_xpti_forget();
    x86_xpti_load();
    x86_write_cr3(cpu->root);
    x86_flush_local();
    if (!from->is_idle && from->domain != to->domain) {
        mm_cpu_leave(from->domain, cpu->id);
    }
    if (!to->is_idle) {
        load_context(to);
    }
    sched_switched(from, to);
}

void port_vcpu_sync(struct vcpu *v)
{
    /* The state is put away at every switch, so a vCPU that runs nowhere has all of it in memory. */
    ASSERT(!v->machine.context_on_cpu);
}

void port_load_root(mfn_t l4)
{
    x86_this_cpu()->root = l4.n << PAGE_SHIFT;
    x86_write_cr3(l4.n << PAGE_SHIFT);
    x86_xpti_load();
}

uint64_t port_fs_base(void)
{
    return x86_rdmsr(MSR_FS_BASE);
}

uint64_t port_gs_base(void)
{
    return x86_rdmsr(MSR_GS_BASE);
}

uint64_t port_gs_base_other(void)
{
    return x86_rdmsr(MSR_KERNEL_GS_BASE);
}

void port_set_fs_base(uint64_t base)
{
    x86_wrmsr(MSR_FS_BASE, base);
}

void port_set_gs_base(uint64_t base)
{
    x86_wrmsr(MSR_GS_BASE, base);
}

void port_set_gs_base_other(uint64_t base)
{
    x86_wrmsr(MSR_KERNEL_GS_BASE, base);
}

void port_swap_gs(void)
{
    __asm__ volatile("swapgs" ::: "memory");
}

void port_load_gs_other(uint16_t selector)
{
    x86_load_gs_other(selector);
}

void port_write_dr(unsigned int n, uint64_t value)
{
    switch (n) {
    case 0:
        __asm__ volatile("mov %0, %%dr0" : : "r"(value));
        break;
    case 1:
        __asm__ volatile("mov %0, %%dr1" : : "r"(value));
        break;
    case 2:
        __asm__ volatile("mov %0, %%dr2" : : "r"(value));
        break;
    case 3:
        __asm__ volatile("mov %0, %%dr3" : : "r"(value));
        break;
    case 6:
        __asm__ volatile("mov %0, %%dr6" : : "r"(value));
        break;
    default:
        __asm__ volatile("mov %0, %%dr7" : : "r"(value));
        break;
    }
}

uint64_t port_read_dr(unsigned int n)
{
    uint64_t value = 0;

    switch (n) {
    case 6:
        __asm__ volatile("mov %%dr6, %0" : "=r"(value));
        break;
    case 7:
        __asm__ volatile("mov %%dr7, %0" : "=r"(value));
        break;
    default:
        value = port_current()->cpu.dr[n & 3];
        break;
    }
    return value;
}

void port_set_ts(bool set)
{
    uint64_t cr0 = x86_read_cr0(), wanted = set ? cr0 | CR0_TS : cr0 & ~CR0_TS;

    if (cr0 != wanted) {
        x86_write_cr0(wanted);
    }
}

void port_set_guest_cr4(struct vcpu *v, uint64_t bits)
{
    v->cpu.cr4 = bits;
    if (v == port_current()) {
        set_cr4(guest_cr4(v));
    }
}

void port_set_xcr0(struct vcpu *v, uint64_t value)
{
    v->cpu.xcr0 = value;
    if (v == port_current()) {
        set_xcr0(value);
    }
}
