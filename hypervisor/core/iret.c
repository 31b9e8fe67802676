/* SPDX-License-Identifier: MIT */
/* The iret hypercall: the way from a guest's kernel back to what it interrupted, or to its user mode. */
#include "core/cpu_bits.h"
#include "core/domain.h"
#include "port/atomic.h"
#include "port/guest_copy.h"

static void iret_load(struct vcpu *v, struct cpu_user_regs *regs, const struct iret_context *frame)
{
    if (v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1) {
        v->cpu.iopl = frame->rflags >> EFLAGS_IOPL_SHIFT & 3;
    }
    regs->rip = frame->rip;
    regs->cs = guest_selector_fix(frame->cs);
    regs->rflags = (frame->rflags & ~(EFLAGS_IOPL | EFLAGS_VM)) | EFLAGS_IF | EFLAGS_FIXED;
    regs->rsp = frame->rsp;
    regs->ss = guest_selector_fix(frame->ss);
    regs->rax = frame->rax;
    if (!(frame->flags & VGCF_in_syscall)) {
        regs->r11 = frame->r11;
        regs->rcx = frame->rcx;
    }
}

void guest_cpu_iret(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct iret_context frame;

    if (port_copy_from_guest(&frame, guest_va(regs->rsp), sizeof(frame)) != 0) {
        domain_crash(v->domain, "its iret frame at %#lx cannot be read", regs->rsp);
        return;
    }
    if ((frame.cs & 3) == 3) {
        if (!mfn_valid_number(v->mm.user_root)) {
            domain_crash(v->domain, "iret to user mode, but vCPU %u has no root of user tables", v->id);
            return;
        }
        guest_cpu_toggle(v);
    }
    iret_load(v, regs, &frame);
    port_write_u8(&v->evtchn.info->evtchn_upcall_mask, !(frame.rflags & EFLAGS_IF));
    v->cpu.nmi_masked = false;
    v->cpu.upcall_behind_iret = evtchn_upcall_due(&v->evtchn);
}
