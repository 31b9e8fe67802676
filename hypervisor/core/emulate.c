/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions of a PV kernel: fetching them, finding what emulates them, and what ends each of
 * them.
 */
#include "core/emulate.h"

#include "core/cpu_bits.h"
#include "core/cpu_policy.h"
#include "core/descriptor.h"
#include "core/domain.h"
#include "core/emulate_io.h"
#include "core/emulate_umip.h"
#include "core/msr.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define OP_0F(byte)         INSN_OP(INSN_MAP_0F, byte)
#define MODRM_XSETBV        0xd1
#define MODRM_RDTSCP        0xf9
#define FORCED_CPUID_LENGTH 7u

/* Where the running code's bytes are and how they are to be read; false if its code segment is none. */
static bool code_segment(struct vcpu *v, const struct cpu_user_regs *regs, uint64_t *linear,
                         enum insn_mode *mode)
{
    struct descriptor_view segment;

    *linear = regs->rip;
    *mode = INSN_MODE_64;
    if (regs->cs == FLAT_RING3_CS64) {
        return true;
    }
    if (!descriptor_read(v, regs->cs, &segment) || !segment.code || !(segment.long_mode || segment.wide)) {
        return false;
    }
    if (!segment.long_mode) {
        *linear = (uint32_t)(segment.base + regs->rip);
        *mode = INSN_MODE_COMPAT32;
    }
    return true;
}

bool emulate_fetch(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    enum insn_mode mode;
    uint64_t linear;

    if (!code_segment(v, regs, &linear, &mode)) {
        return false;
    }
    return insn_decode(insn, bytes, port_fetch_guest(bytes, guest_va(linear), sizeof(bytes)), mode);
}

/* The instruction is done: goes on behind it; a single step or a breakpoint on its I/O port is reported now. */
static void retire(struct vcpu *v, struct cpu_user_regs *regs, unsigned int length, unsigned int mode,
                   uint64_t hits)
{
    regs->rip += length;
    if (mode == INSN_MODE_COMPAT32) {
        regs->rip = (uint32_t)regs->rip;
    }
    regs->rflags &= ~EFLAGS_RF;
    guest_cpu_instruction_done(v, regs, hits);
}

static void cpuid_to_registers(struct vcpu *v, struct cpu_user_regs *regs, bool forced)
{
    struct port_cpuid r = cpu_policy_cpuid(v, regs->eax, regs->ecx, forced);

    regs->rax = r.a;
    regs->rbx = r.b;
    regs->rcx = r.c;
    regs->rdx = r.d;
}

bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    static const uint8_t wanted[FORCED_CPUID_LENGTH] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
    uint8_t bytes[FORCED_CPUID_LENGTH];
    enum insn_mode mode;
    uint64_t linear;

    if (!code_segment(v, regs, &linear, &mode) ||
        port_fetch_guest(bytes, guest_va(linear), sizeof(bytes)) != sizeof(bytes)) {
        return false;
    }
    for (unsigned int i = 0; i < FORCED_CPUID_LENGTH; i++) {
        if (bytes[i] != wanted[i]) {
            return false;
        }
    }
    cpuid_to_registers(v, regs, true);
    retire(v, regs, FORCED_CPUID_LENGTH, mode, 0);
    return true;
}

static bool read_control(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn)
{
    uint64_t *to = insn_register(regs, insn->rm);

    switch (insn->reg) {
    case 0:
        *to = guest_cpu_cr0(v);
        return true;
    case 2:
        *to = v->cpu.cr2;
        return true;
    case 3:
        *to = xen_pfn_to_cr3(v->mm.kernel_root.n);
        return true;
    case 4:
        *to = guest_cpu_cr4(v);
        return true;
    default:
        return false;
    }
}

/* A write of CR3 can be preempted: *again says that the instruction shall run once more. */
static bool write_control(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn, bool *again)
{
    uint64_t value = *insn_register(regs, insn->rm);
    int result;

    switch (insn->reg) {
    case 0:
        if ((value ^ guest_cpu_cr0(v)) & ~GUEST_CR0_TS) {
            return false;
        }
        guest_cpu_set_ts(v, value & GUEST_CR0_TS);
        return true;
    case 2:
        guest_cpu_set_cr2(v, value);
        return true;
    case 3:
        result = mm_set_kernel_root(v, mfn(xen_cr3_to_pfn(value)));
        *again = result == -XEN_ERESTART;
        return result == 0 || *again;
    case 4:
        /* What it cannot have is dropped in silence: Linux does not expect #GP here. */
        v->cpu.cr4 = value & guest_cpu_cr4_choice(v);
        port_set_guest_cr4(v, v->cpu.cr4);
        return true;
    default:
        return false;
    }
}

/* The instruction is not there for this vCPU. *again: its rip stays. */
static bool undefined(struct vcpu *v, bool *again)
{
    guest_cpu_inject_trap(v, VECTOR_INVALID_OPCODE, 0, false);
    *again = true;
    return true;
}

static bool debug_register(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn, bool *again)
{
    uint64_t *operand = insn_register(regs, insn->rm);
    bool write = insn->opcode & 2;
    int result = write ? guest_cpu_set_debugreg(v, insn->reg, *operand)
                       : guest_cpu_get_debugreg(v, insn->reg, operand);

    return result == -XEN_ENODEV ? undefined(v, again) : result == 0;
}

static bool read_msr(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t value;

    if (!msr_guest_read(v, regs->ecx, &value)) {
        return false;
    }
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
    return true;
}

static uint64_t edx_eax(const struct cpu_user_regs *regs)
{
    return regs->eax | (uint64_t)regs->edx << 32;
}

static bool set_xcr(struct vcpu *v, const struct cpu_user_regs *regs, bool *again)
{
    if (!(v->cpu.cr4 & GUEST_CR4_OSXSAVE)) {
        return undefined(v, again); /* in user mode, too */
    }
    if (!v->cpu.kernel_mode || regs->ecx != 0 || !cpu_policy_xcr0_valid(v->domain->cpu_policy, edx_eax(regs))) {
        return false;
    }
    v->cpu.xcr0 = edx_eax(regs);
    port_set_xcr0(v, v->cpu.xcr0);
    return true;
}

static bool read_tsc(struct vcpu *v, struct cpu_user_regs *regs, bool with_aux)
{
    uint64_t tsc = tsc_read(v->domain);

    if (!v->cpu.kernel_mode && v->cpu.cr4 & GUEST_CR4_TSD) {
        return false;
    }
    regs->rax = (uint32_t)tsc;
    regs->rdx = tsc >> 32;
    if (with_aux) {
        regs->rcx = v->cpu.tsc_aux;
    }
    return true;
}

static bool write_back_caches(const struct vcpu *v)
{
    if (domain_has_hardware(v->domain)) {
        port_cache_flush_all();
    }
    return true;
}

/* Instructions of the guest's kernel only. */
static bool emulate_kernel(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn, bool *again)
{
    switch (INSN_OP(insn->map, insn->opcode)) {
    case OP_0F(0x06):
        guest_cpu_set_ts(v, false);
        return true;
    case OP_0F(0x09):
        return write_back_caches(v);
    case OP_0F(0x20):
        return read_control(v, regs, insn);
    case OP_0F(0x21):
    case OP_0F(0x23):
        return debug_register(v, regs, insn, again);
    case OP_0F(0x22):
        return write_control(v, regs, insn, again);
    case OP_0F(0x30):
        return msr_guest_write(v, regs->ecx, edx_eax(regs));
    case OP_0F(0x32):
        return read_msr(v, regs);
    default:
        return false;
    }
}

/* Instructions that the guest's users may use as well, by their own rules. */
static bool emulate_any(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn, bool *again)
{
    if (emulate_umip_decode(insn)) {
        return emulate_umip_run(v, regs, insn, again);
    }
    switch (INSN_OP(insn->map, insn->opcode)) {
    case 0xfa: /* CLI and STI: the guest's interrupt flag is its mask of events, so these do nothing */
    case 0xfb:
        return guest_cpu_iopl_ok(v);
    case OP_0F(0x01):
        return insn->modrm == MODRM_XSETBV ? set_xcr(v, regs, again)
                                           : insn->modrm == MODRM_RDTSCP && read_tsc(v, regs, true);
    case OP_0F(0x31):
        return read_tsc(v, regs, false);
    case OP_0F(0xa2):
        cpuid_to_registers(v, regs, false);
        return true;
    default:
        return false;
    }
}

bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct emulate_io io = {0};
    struct insn insn;
    bool again = false;

    if (!emulate_fetch(v, regs, &insn) || insn.lock) {
        return false;
    }
    if (emulate_io_decode(&io, &insn)) {
        if (!emulate_io_run(v, regs, &insn, &io)) {
            return false;
        }
        again = io.unfinished;
    } else if (!emulate_any(v, regs, &insn, &again) &&
               !(v->cpu.kernel_mode && emulate_kernel(v, regs, &insn, &again))) {
        return false;
    }
    if (!again) {
        retire(v, regs, insn.length, insn.mode, io.breakpoints);
    }
    return true;
}
