/* SPDX-License-Identifier: MIT */
/* Offsets for assembly: compiled to text, from which the build takes the lines marked with "->" into asm_offsets.h. */
#include "core/domain.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %c0" : : "i"((long)(value)))
#define REG(name, field) DEFINE(REGS_##name, offsetof(struct cpu_user_regs, field))
#define CPU(name, field) DEFINE(CPU_##name, offsetof(struct x86_cpu, field))
#define VCPU(name, field) DEFINE(VCPU_##name, offsetof(struct vcpu, field))

void asm_offsets(void);

void asm_offsets(void)
{
    DEFINE(REGS_SIZE, sizeof(struct cpu_user_regs));
    REG(R15, r15);
    REG(R11, r11);
    REG(R10, r10);
    REG(R9, r9);
    REG(R8, r8);
    REG(RAX, rax);
    REG(RCX, rcx);
    REG(RDX, rdx);
    REG(RSI, rsi);
    REG(RDI, rdi);
    REG(ERROR, error_code);
    REG(VECTOR, entry_vector);
    REG(RIP, rip);
    REG(CS, cs);
    REG(RFLAGS, rflags);
    REG(RSP, rsp);
    REG(SS, ss);
    REG(ES, es);

    CPU(CURRENT, current);
    CPU(SCRATCH_RSP, scratch_rsp);
    CPU(WORK, work);
    CPU(ROOT, root);
    CPU(GUEST_CR3, guest_cr3);
    CPU(SPEC_CTRL, spec_ctrl);
    CPU(VERW_SELECTOR, verw_selector);
    DEFINE(MSR_NUMBER_SPEC_CTRL, MSR_SPEC_CTRL);
    DEFINE(MSR_NUMBER_PRED_CMD, MSR_PRED_CMD);

    VCPU(KERNEL_MODE, cpu.kernel_mode);
    VCPU(NMI_MASKED, cpu.nmi_masked);
    VCPU(IOPL, cpu.iopl);
    VCPU(KERNEL_SS, cpu.kernel_ss);
    VCPU(KERNEL_SP, cpu.kernel_sp);
    VCPU(BOUNCE_ADDRESS, cpu.bounce.address);
    VCPU(SYSCALL_ADDRESS, cpu.syscall.address);
    VCPU(SYSCALL_MASK, cpu.syscall.mask_events);
    VCPU(TRAPS, cpu.traps);
    VCPU(CR2, cpu.cr2);
    VCPU(CR4, cpu.cr4);
    VCPU(DR7, cpu.dr[7]);
    VCPU(GS_KERNEL, cpu.gs_base_kernel);
    VCPU(GS_USER, cpu.gs_base_user);
    VCPU(INFO, evtchn.info);
    DEFINE(VCPU_CR3_USER, offsetof(struct vcpu, mm.hw_cr3[0]));
    DEFINE(VCPU_CR3_KERNEL, offsetof(struct vcpu, mm.hw_cr3[1]));
    VCPU(KERNEL_ROOT, mm.kernel_root);
    VCPU(USER_ROOT, mm.user_root);
    /* Two flags in one word: the fast paths look at both at once. */
    VCPU(STALE_AREAS, sched.runstate_stale);
    _Static_assert(offsetof(struct vcpu, sched.time_stale) == offsetof(struct vcpu, sched.runstate_stale) + 1, "");
    _Static_assert(offsetof(struct vcpu, cpu.nmi_pending) == offsetof(struct vcpu, cpu.nmi_masked) + 1, "");
    DEFINE(TRAP_INFO_SIZE, sizeof(struct trap_info));
    DEFINE(TRAP_INFO_FLAGS, offsetof(struct trap_info, flags));
    DEFINE(TRAP_INFO_ADDRESS, offsetof(struct trap_info, address));
    DEFINE(INFO_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
    DEFINE(INFO_CR2, offsetof(struct vcpu_info, arch.cr2));
    DEFINE(ASSIST_IOPL, 1u << VMASST_TYPE_architectural_iopl);
    DEFINE(IRET_SIZE, sizeof(struct iret_context));
    DEFINE(HYPERCALL_IRET, __HYPERVISOR_iret);
    DEFINE(IRET_IN_SYSCALL, VGCF_in_syscall);
    VCPU(DOMAIN, domain);
    DEFINE(DOMAIN_VM_ASSIST, offsetof(struct domain, vm_assist));
}
