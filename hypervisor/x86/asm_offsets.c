/* SPDX-License-Identifier: MIT */
/* Offsets for assembly: compiled to text, from which the build takes the lines marked with "->" into asm_offsets.h. */
#include "core/domain.h"
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
    VCPU(HW_ROOT, mm.hw_root);
    VCPU(KERNEL_ROOT, mm.kernel_root);
    VCPU(USER_ROOT, mm.user_root);
    VCPU(RUNSTATE_STALE, sched.runstate_stale);
    VCPU(TIME_STALE, sched.time_stale);
    VCPU(DOMAIN, domain);
    DEFINE(DOMAIN_VM_ASSIST, offsetof(struct domain, vm_assist));
}
