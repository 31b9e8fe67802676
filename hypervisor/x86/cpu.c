/* SPDX-License-Identifier: MIT */
/* Finds what the CPUs have and sets each of them up. */
#include "x86/cpu.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "x86/alternatives.h"
#include "x86/percpu.h"
#include "x86/speculation.h"
#include "x86/xpti.h"

#define XCR0_X87_SSE 3ull
#define XCR0_GUEST   0xe7ull /* x87, SSE, AVX, AVX-512 (three) */

struct x86_features x86_features;

static void find_xsave(void)
{
    uint32_t r[4];

    x86_cpuid(0xd, 0, r);
    x86_features.xcr0_all = ((uint64_t)r[3] << 32 | r[0]) & XCR0_GUEST;
    x86_features.xsave_size = r[2];
}

static void find_basic(void)
{
    struct x86_features *f = &x86_features;
    uint32_t r[4];

    x86_cpuid(0, 0, r);
    f->intel = r[1] == 0x756e6547; /* "Genu" */
    f->amd = r[1] == 0x68747541;   /* "Auth" */
    x86_cpuid(1, 0, r);
    f->pge = r[3] >> 13 & 1;
    f->xsave = r[2] >> 26 & 1;
    f->tsc_deadline = r[2] >> 24 & 1;
    f->hypervisor = r[2] >> 31 & 1;
}

static void find_structured(void)
{
    struct x86_features *f = &x86_features;
    uint32_t r[4];

    x86_cpuid(0, 0, r);
    if (r[0] >= 7) {
        x86_cpuid(7, 0, r);
        f->fsgsbase = r[1] & 1;
        f->smep = r[1] >> 7 & 1;
        f->smap = r[1] >> 20 & 1;
        f->umip = r[2] >> 2 & 1;
        f->md_clear = r[3] >> 10 & 1;
        f->ibrs = f->ibpb = r[3] >> 26 & 1;
        f->stibp = r[3] >> 27 & 1;
        f->arch_capabilities = r[3] >> 29 & 1;
        f->ssbd = r[3] >> 31 & 1;
    }
}

/*
 * QEMU's own emulator (seen in 7.2) reads the stack for far returns and IRET in ring 3 with the rights of
 * ring 0: with SMAP on, a PV kernel's would fault for ever.
 */
static bool emulator_breaks_smap(void)
{
    uint32_t r[4];

    if (!x86_features.hypervisor) {
        return false;
    }
    x86_cpuid(0x40000000, 0, r);
    return r[1] == 0x54474354 && r[2] == 0x43544743 && r[3] == 0x47435447; /* "TCGTCGTCGTCG" */
}

static void find_extended(void)
{
    struct x86_features *f = &x86_features;
    uint32_t r[4], highest;

    x86_cpuid(0x80000000, 0, r);
    highest = r[0];
    x86_cpuid(0x80000001, 0, r);
    f->nx = r[3] >> 20 & 1;
    f->large_1g = r[3] >> 26 & 1;
    f->rdtscp = r[3] >> 27 & 1;
    if (highest >= 0x80000007) {
        x86_cpuid(0x80000007, 0, r);
        f->invariant_tsc = r[3] >> 8 & 1;
    }
    f->physical_bits = 36;
    if (highest >= 0x80000008) {
        x86_cpuid(0x80000008, 0, r);
        f->physical_bits = (uint8_t)r[0];
        f->ibpb |= f->amd && r[1] >> 12 & 1;
        f->ibrs |= f->amd && r[1] >> 14 & 1;
        f->stibp |= f->amd && r[1] >> 15 & 1;
        f->ssbd |= f->amd && r[1] >> 24 & 1;
    }
}

void x86_features_init(void)
{
    struct x86_features *f = &x86_features;

    find_basic();
    find_structured();
    find_extended();
    if (f->smap && emulator_breaks_smap()) {
        log_info("SMAP stays off: this emulator's far returns in ring 3 do not go with it");
        f->smap = false;
    }
    f->cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT | (f->pge ? CR4_PGE : 0) |
             (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) | (f->umip ? CR4_UMIP : 0) |
             (f->xsave ? CR4_OSXSAVE : 0);
    if (f->xsave) {
        find_xsave();
    }
    if (!f->nx) {
        port_panic("this CPU has no NX bit (or the firmware switched it off); Parvis needs it");
    }
}

void x86_cpu_setup(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    x86_write_cr0((x86_read_cr0() | CR0_WP | CR0_NE | CR0_MP | CR0_AM) & ~(CR0_EM | CR0_TS));
    x86_write_cr4(x86_features.cr4);
    cpu->cr4 = x86_features.cr4;
    x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
    x86_wrmsr(MSR_PAT, X86_PAT);
    if (x86_features.xsave) {
        __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)x86_features.xcr0_all), "d"(0));
        cpu->xcr0 = x86_features.xcr0_all;
    }
    if (x86_features.rdtscp) {
        x86_wrmsr(MSR_TSC_AUX, cpu->id);
    }
    x86_speculation_cpu_init();
}

/* Each record: where, what to put there, its length, and which feature (a byte of struct x86_features) asks
 * for it. */
struct alternative {
    int32_t place, code; /* relative to themselves */
    uint8_t length, feature;
    uint16_t reserved;
};

extern const struct alternative alternatives_start[], alternatives_end[];

static bool alternative_wanted(uint8_t feature)
{
    switch (feature) {
    case ALTERNATIVE_SMAP:
        return x86_features.smap;
    case ALTERNATIVE_XSAVE:
        return x86_features.xsave;
    case ALTERNATIVE_XPTI:
        return x86_xpti_any();
    case ALTERNATIVE_SPEC_CTRL:
        return x86_speculation.spec_ctrl;
    case ALTERNATIVE_RSB:
        return x86_speculation.rsb;
    case ALTERNATIVE_IBPB_ENTRY:
        return x86_speculation.ibpb_entry;
    case ALTERNATIVE_VERW:
        return x86_speculation.verw;
    default:
        return false;
    }
}

void x86_alternatives_apply(void)
{
    for (const struct alternative *a = alternatives_start; a < alternatives_end; a++) {
        /* The direct map is the writable side of the image. */
        uintptr_t place = (uintptr_t)&a->place + (intptr_t)a->place - LAYOUT_IMAGE + LAYOUT_DIRECT;
        const uint8_t *code = (const uint8_t *)((uintptr_t)&a->code + (intptr_t)a->code);

        for (unsigned int i = 0; alternative_wanted(a->feature) && i < a->length; i++) {
            ((volatile uint8_t *)place)[i] = code[i];
        }
    }
    /* A serialising instruction: this CPU forgets what it had fetched (SDM 3, 8.1.3). */
    uint32_t r[4];
    x86_cpuid(0, 0, r);
}
