/* SPDX-License-Identifier: MIT */
/* Exceptions of guests: which are settled here, which the guest's own handlers get, and with what. */
#include "core/cpu_bits.h"
#include "core/domain.h"
#include "core/emulate.h"
#include "lib/insn.h"
#include "port/atomic.h"
#include "port/guest_copy.h"

void guest_cpu_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code, bool has_error)
{
    const struct trap_info *trap = &v->cpu.traps[vector & (GUEST_TRAPS - 1)];

    if (trap->address == 0) {
        domain_crash(v->domain, "vCPU %u has no handler for exception %u (error code %#x)", v->id, vector,
                     error_code);
        return;
    }
    v->cpu.bounce = (struct guest_bounce){
        .address = trap->address,
        .error_code = has_error ? error_code : 0,
        .cs = trap->cs,
        .flags =
            (uint8_t)((has_error ? GUEST_BOUNCE_ERROR_CODE : 0) | (TI_GET_IF(trap) ? GUEST_BOUNCE_MASK : 0)),
    };
}

void guest_cpu_set_cr2(struct vcpu *v, uint64_t address)
{
    v->cpu.cr2 = address;
    port_write_u64((uint64_t *)(void *)&v->evtchn.info->arch.cr2, address);
}

void guest_cpu_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error_code)
{
    /* For the CPU all guest code is user code; the guest tells its kernel from its users by this bit. */
    error_code &= ~PAGE_FAULT_USER;
    error_code |= v->cpu.kernel_mode ? 0 : PAGE_FAULT_USER;
    guest_cpu_set_cr2(v, address);
    guest_cpu_inject_trap(v, VECTOR_PAGE_FAULT, error_code, true);
}

/*
 * A software interrupt to a gate that the CPU does not let guests use: its error code names the gate.
 * Emulators have been seen to give another one, so the instruction itself counts.
 */
static bool soft_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct trap_info *trap;
    struct insn insn;

    if (!emulate_fetch(v, regs, &insn) || INSN_OP(insn.map, insn.opcode) != 0xcd) {
        return false;
    }
    trap = &v->cpu.traps[insn.immediate & (GUEST_TRAPS - 1)];
    if (TI_GET_DPL(trap) < (v->cpu.kernel_mode ? 1 : 3)) {
        regs->error_code = (uint32_t)((insn.immediate & 0xff) << 3) | SELECTOR_ERROR_IDT;
        return false;
    }
    regs->rip += insn.length;
    guest_cpu_inject_trap(v, insn.immediate & 0xff, 0, false);
    return true;
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (regs->error_code & SELECTOR_ERROR_IDT && !(regs->error_code & SELECTOR_ERROR_EXT)) {
        if (soft_interrupt(v, regs)) {
            return;
        }
    } else if (regs->error_code == 0 && emulate_privileged(v, regs)) {
        return;
    }
    guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, regs->error_code, true);
}

static void debug_exception(struct vcpu *v)
{
    uint64_t status = port_read_dr(6);

    port_write_dr(6, DEBUG_STATUS_DEFAULT);
    /* Bits that read as 0 by default are added; those that read as 1 by default tell by being 0. */
    v->cpu.dr[6] |= status & ~DEBUG_STATUS_DEFAULT;
    v->cpu.dr[6] &= status | ~DEBUG_STATUS_DEFAULT;
    guest_cpu_inject_trap(v, VECTOR_DEBUG, 0, false);
}

void guest_cpu_instruction_done(struct vcpu *v, struct cpu_user_regs *regs, uint64_t breakpoints)
{
    uint64_t status = breakpoints | (regs->rflags & EFLAGS_TF ? DEBUG_STATUS_STEP : 0);

    if (status != 0 && v->cpu.bounce.address == 0) {
        v->cpu.dr[6] |= status;
        guest_cpu_inject_trap(v, VECTOR_DEBUG, 0, false);
    }
}

/*
 * INT n through a gate of the CPU that guests may use (0x80): rip is already past the instruction. As on Xen, a
 * handler is enough: its privilege is not looked at.
 */
static void gated_interrupt(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector)
{
    const struct trap_info *trap = &v->cpu.traps[vector & (GUEST_TRAPS - 1)];

    if (trap->address == 0) {
        regs->rip -= 2;
        guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, vector << 3 | SELECTOR_ERROR_IDT, true);
        return;
    }
    guest_cpu_inject_trap(v, vector, 0, false);
}

static void no_device(struct vcpu *v)
{
    if (!v->cpu.ts) {
        port_set_ts(false);
        return;
    }
    guest_cpu_set_ts(v, false);
    guest_cpu_inject_trap(v, VECTOR_NO_DEVICE, 0, false);
}

void guest_cpu_exception(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector)
{
    bool has_error = vector < VECTOR_EXCEPTIONS && VECTORS_WITH_ERROR_CODE >> vector & 1;

    switch (vector) {
    case VECTOR_DEBUG:
        debug_exception(v);
        break;
    case VECTOR_INVALID_OPCODE:
        if (!emulate_forced_cpuid(v, regs)) {
            guest_cpu_inject_trap(v, vector, 0, false);
        }
        break;
    case VECTOR_NO_DEVICE:
        no_device(v);
        break;
    case VECTOR_GENERAL_PROTECTION:
        general_protection(v, regs);
        break;
    default:
        if (vector >= VECTOR_EXCEPTIONS) {
            gated_interrupt(v, regs, vector);
        } else {
            guest_cpu_inject_trap(v, vector, regs->error_code, has_error);
        }
        break;
    }
}

void guest_cpu_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2)
{
    if (!mm_fixup_fault(v, guest_va(cr2), regs->error_code)) {
        guest_cpu_inject_page_fault(v, cr2, regs->error_code);
    }
}

void guest_cpu_window_fault(struct vcpu *v, struct cpu_user_regs *regs, bool ldt, uint64_t offset)
{
    uint32_t selector = (uint32_t)offset & 0xfff8u;
    uint64_t address = v->cpu.ldt_base.n + offset;

    if (!ldt) {
        guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, selector, true);
    } else if (guest_cpu_ldt_fault(v, offset)) {
        return;
    } else if (!guest_address_canonical(address)) {
        guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, selector | SELECTOR_ERROR_TI, true);
    } else {
        guest_cpu_inject_page_fault(v, address, regs->error_code);
    }
}
