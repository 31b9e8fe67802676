/* SPDX-License-Identifier: MIT */
/* What is done between an entry and the way back into a guest: hypercalls, pending work, the idle loop. */
#include "x86/exit.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/stretch.h"
#include "core/trace.h"
#include "hypercall/hypercall.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "x86/apic.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "x86/xpti.h"

#define SYSCALL_LENGTH 2

static void set_args(struct cpu_user_regs *regs, const struct hypercall_args *args)
{
    regs->rdi = args->arg[0];
    regs->rsi = args->arg[1];
    regs->rdx = args->arg[2];
    regs->r10 = args->arg[3];
    regs->r8 = args->arg[4];
}

void x86_hypercall(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct hypercall_args args = {{regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8}};
    int64_t result;

    if (regs->rax == __HYPERVISOR_iret) {
        if (trace_wants(PVABI_TRC_CLASS)) {
            trace_hypercall(v, __HYPERVISOR_iret, (const uint64_t[ARRAY_SIZE(args.arg)]){0});
            trace_hypercall_end(v, __HYPERVISOR_iret, 0);
        }
        guest_cpu_iret(v, regs);
        return;
    }
    if (UNLIKELY(stretch_counted)) {
        stretch_begin(regs->rax);
    }
    result = hypercall_run(regs->rax, &args);
    if (UNLIKELY(stretch_counted)) {
        stretch_end();
    }
    if (UNLIKELY(result == HYPERCALL_RESTART)) {
        /* The guest issues it again: rax is as it was, the arguments tell how far it came. */
        set_args(regs, &args);
        regs->rip -= SYSCALL_LENGTH;
        return;
    }
    if (result != HYPERCALL_IRET_DONE) {
        regs->rax = (uint64_t)result;
        guest_cpu_instruction_done(v, regs, 0);
    }
}

void x86_bounce_failed(struct cpu_user_regs *regs)
{
    (void)regs;
    domain_crash(CURRENT_DOMAIN(), "the stack for a trap or system call cannot be written");
}

/* The mark that holds the fast paths back while a trace is on is no work in itself. */
static bool has_work(const struct x86_cpu *cpu)
{
    return (port_read_u32(&cpu->work) & ~X86_WORK_TRACE) != 0;
}

static void idle(struct x86_cpu *cpu)
{
    if (frame_scrub_some()) {
        /* STI holds them off for the NOP: whatever came meanwhile comes here. */
        __asm__ volatile("sti; nop; cli" ::: "memory");
        return;
    }
    if (!has_work(cpu)) {
        /* STI holds interrupts off for one more instruction: none is lost between the look and HLT. */
        __asm__ volatile("sti; hlt; cli" ::: "memory");
    }
}

/* Takes the CPU's pending work; true if the scheduler should run. */
static bool take_work(struct x86_cpu *cpu)
{
    uint32_t work = port_swap_u32(&cpu->work, 0);

    /* It goes with the next entry after the trace has ended. */
    if (trace_wants(PVABI_TRC_CLASS)) {
        port_or_u32(&cpu->work, X86_WORK_TRACE);
    }
    if (work & X86_WORK_NMI) {
        log_error("NMI on CPU %u at %#llx", cpu->id, (unsigned long long)cpu->nmi_rip);
    }
    if (work & X86_WORK_FLUSH) {
        x86_flush_local();
    }
    if (work & X86_WORK_ROOT) {
        x86_xpti_forget();
        x86_xpti_load();
    }
    if (work & X86_WORK_CALL) {
        x86_call_answer();
    }
    if (work & X86_WORK_TIMER) {
        timer_interrupt();
    }
    return work & X86_WORK_RESCHEDULE;
}

void x86_exit_work(struct cpu_user_regs *regs)
{
    struct x86_cpu *cpu = x86_this_cpu();

    for (;;) {
        struct vcpu *v;

        if (take_work(cpu) || cpu->current->is_idle) {
            sched_run();
        }
        v = cpu->current;
        if (v->is_idle) {
            idle(cpu);
            continue;
        }
        if (v->cpu.kernel_mode && (v->sched.runstate_stale || v->sched.time_stale)) {
            sched_update_areas(v);
        }
        if (guest_cpu_deliver(v, regs) && !has_work(cpu)) {
            return;
        }
    }
}

void x86_exit_idle(void)
{
    port_cpu_reschedule(port_cpu_id());
    x86_exit_from(x86_cpu_guest_regs(port_cpu_id()));
}

void port_cpu_kick(unsigned int id)
{
    struct x86_cpu *cpu = x86_cpu_data(id);

    /* Every exit of this CPU looks at the running vCPU; for another one, the flag pairs with its look before
     * HLT. */
    if (id != port_cpu_id()) {
        port_or_u32(&cpu->work, X86_WORK_KICK);
        x86_apic_send(cpu->apic_id, X86_VECTOR_KICK);
    } else {
        port_or_u32(&cpu->work, X86_WORK_KICK);
    }
}

void port_cpu_reschedule(unsigned int id)
{
    struct x86_cpu *cpu = x86_cpu_data(id);

    port_or_u32(&cpu->work, X86_WORK_RESCHEDULE);
    if (id != port_cpu_id()) {
        x86_apic_send(cpu->apic_id, X86_VECTOR_KICK);
    }
}

bool port_preempt_pending(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (!cpu->current || cpu->current->is_idle) {
        return false;
    }
    if (UNLIKELY(stretch_counted)) {
        stretch_stop();
    }
    cpu->in_window = true;
    __asm__ volatile("sti; nop; cli" ::: "memory");
    cpu->in_window = false;
    if (UNLIKELY(stretch_counted)) {
        stretch_go_on();
    }
    return has_work(cpu);
}
