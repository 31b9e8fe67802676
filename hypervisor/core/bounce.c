/* SPDX-License-Identifier: MIT */
/*
 * Entry of the guest's kernel: traps, callbacks and NMIs become a frame on its stack and new registers. What
 * is to be delivered stands in cpu.bounce; only one frame waits at a time, and events and NMIs nest above it.
 */
#include "core/cpu_bits.h"
#include "core/domain.h"
#include "core/trace.h"
#include "port/atomic.h"
#include "port/guest_copy.h"
#include "port/time.h"

#define BOUNCE_WORDS_MAX     12u
#define UPCALLS_IN_PLACE_MAX 16u
#define UPCALL_HOLD_NS       (50 * TIMER_NS_PER_US)

static bool has_assist(const struct domain *d, unsigned int type)
{
    return d->vm_assist >> type & 1;
}

/* Flags as the guest kernel shall find them: IF tells of the mask of events, IOPL is virtual. */
static uint64_t frame_flags(const struct vcpu *v, uint64_t flags, bool masked)
{
    flags &= ~(EFLAGS_IF | EFLAGS_IOPL);
    flags |= masked ? 0 : EFLAGS_IF;
    if (has_assist(v->domain, VMASST_TYPE_architectural_iopl)) {
        flags |= (uint64_t)v->cpu.iopl << EFLAGS_IOPL_SHIFT;
    }
    return flags;
}

/* The frame's words, lowest address first. Returns their count. */
static unsigned int frame_fill(const struct vcpu *v, const struct cpu_user_regs *regs, bool was_kernel,
                               uint8_t mask, uint64_t *words)
{
    const struct guest_bounce *bounce = &v->cpu.bounce;
    uint64_t cs = was_kernel ? regs->cs & 0xfffcu : regs->cs;
    unsigned int n = 0;

    words[n++] = regs->rcx;
    words[n++] = regs->r11;
    if (bounce->flags & GUEST_BOUNCE_FAILSAFE) {
        words[n++] = v->cpu.ds;
        words[n++] = v->cpu.es;
        words[n++] = v->cpu.fs;
        words[n++] = v->cpu.gs;
    } else if (bounce->flags & GUEST_BOUNCE_ERROR_CODE) {
        words[n++] = bounce->error_code;
    }
    words[n++] = regs->rip;
    words[n++] = cs | (uint64_t)mask << 32;
    words[n++] = frame_flags(v, regs->rflags, mask != 0);
    words[n++] = regs->rsp;
    words[n++] = regs->ss;
    return n;
}

static void enter_handler(struct vcpu *v, struct cpu_user_regs *regs, uint64_t stack)
{
    uint64_t cleared = EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | EFLAGS_AC;

    if (v->cpu.bounce.flags & GUEST_BOUNCE_CLEAR_DF) {
        cleared |= EFLAGS_DF;
    }
    regs->rflags &= ~cleared;
    regs->rip = v->cpu.bounce.address;
    regs->cs = FLAT_KERNEL_CS64;
    regs->rsp = stack;
    regs->ss = FLAT_KERNEL_SS64;
}

/* Builds the frame of cpu.bounce; false if the guest was crashed. */
static bool bounce_build(struct vcpu *v, struct cpu_user_regs *regs)
{
    volatile uint8_t *mask_byte = &v->evtchn.info->evtchn_upcall_mask;
    bool was_kernel = v->cpu.kernel_mode;
    uint64_t words[BOUNCE_WORDS_MAX], stack = regs->rsp;
    uint8_t mask = port_read_u8(mask_byte);
    unsigned int count;

    if (!was_kernel) {
        guest_cpu_toggle(v);
        stack = v->cpu.kernel_sp;
    }
    count = frame_fill(v, regs, was_kernel, mask, words);
    stack = (stack & ~15ull) - count * sizeof(words[0]);
    if (port_copy_to_guest(guest_va(stack), words, count * sizeof(words[0])) != 0) {
        domain_crash(v->domain, "its kernel's stack at %#lx cannot be written", stack);
        return false;
    }
    if (v->cpu.bounce.flags & GUEST_BOUNCE_MASK) {
        port_write_u8(mask_byte, 1);
    }
    enter_handler(v, regs, stack);
    v->cpu.bounce = (struct guest_bounce){0};
    return true;
}

static void bounce_callback(struct vcpu *v, const struct guest_callback *callback, uint8_t flags)
{
    flags |= callback->mask_events ? GUEST_BOUNCE_MASK : 0;
    v->cpu.bounce = (struct guest_bounce){.address = callback->address, .flags = flags};
}

/* Selectors became bad while the vCPU was away: they are NUL now, and the frame tells which they were. */
static void bounce_failsafe(struct vcpu *v)
{
    v->cpu.selectors_bad = false;
    if (v->cpu.failsafe.address == 0) {
        domain_crash(v->domain, "vCPU %u has bad selectors (%#x %#x %#x %#x) and no failsafe callback", v->id,
                     v->cpu.ds, v->cpu.es, v->cpu.fs, v->cpu.gs);
        return;
    }
    bounce_callback(v, &v->cpu.failsafe, GUEST_BOUNCE_FAILSAFE);
}

/*
 * Whether an upcall has to wait: handlers that end with another event to themselves, each time, would keep
 * what they interrupted from its next instruction for ever (Linux with PREEMPT_RT does, while that may not be
 * preempted). After UPCALLS_IN_PLACE_MAX in a row the guest goes on for UPCALL_HOLD_NS, or until it enters
 * anyway.
 */
static bool upcall_hold(struct vcpu *v, const struct cpu_user_regs *regs)
{
    bool in_place =
        v->cpu.upcall_behind_iret && regs->rip == v->cpu.upcall_rip && regs->rsp == v->cpu.upcall_rsp;

    v->cpu.upcall_behind_iret = false;
    v->cpu.upcall_rip = regs->rip;
    v->cpu.upcall_rsp = regs->rsp;
    v->cpu.upcalls_in_place = in_place ? v->cpu.upcalls_in_place + 1 : 0;
    if (v->cpu.upcalls_in_place < UPCALLS_IN_PLACE_MAX) {
        return false;
    }
    v->cpu.upcalls_in_place = 0;
    timer_set(&v->timers.upcall, port_time_now() + UPCALL_HOLD_NS);
    return true;
}

/* Chooses what is due and may come in; false: nothing, or *held: it waits. */
static bool bounce_choose(struct vcpu *v, const struct cpu_user_regs *regs, bool *held)
{
    if (v->cpu.selectors_bad) {
        bounce_failsafe(v);
        return true;
    }
    if (v->cpu.nmi_pending && !v->cpu.nmi_masked) {
        v->cpu.nmi_pending = false;
        if (v->cpu.traps[VECTOR_NMI].address != 0) {
            guest_cpu_inject_trap(v, VECTOR_NMI, 0, false);
            v->cpu.nmi_masked = true;
            return true;
        }
    }
    if (!evtchn_upcall_due(&v->evtchn)) {
        return false;
    }
    if (v->cpu.event.address == 0) {
        domain_crash(v->domain, "an event is due, but vCPU %u has no event callback", v->id);
        return false;
    }
    *held = upcall_hold(v, regs);
    if (*held) {
        return false;
    }
    v->cpu.bounce = (struct guest_bounce){.address = v->cpu.event.address, .flags = GUEST_BOUNCE_MASK};
    return true;
}

bool guest_cpu_deliver(struct vcpu *v, struct cpu_user_regs *regs)
{
    bool held = false;

    while (v->cpu.bounce.address != 0 || bounce_choose(v, regs, &held)) {
        if (v->cpu.bounce.address == 0 || !bounce_build(v, regs)) {
            return false;
        }
    }
    if (v->cpu.kernel_mode && (v->sched.runstate_stale || v->sched.time_stale)) {
        sched_update_areas(v);
    }
    return held || !evtchn_upcall_due(&v->evtchn);
}

/* SYSCALL without a callback: as on a CPU where it is not enabled. */
static void bounce_syscall(struct vcpu *v, struct cpu_user_regs *regs, const struct guest_callback *callback)
{
    if (callback->address == 0) {
        regs->rip -= 2;
        guest_cpu_inject_trap(v, VECTOR_INVALID_OPCODE, 0, false);
        return;
    }
    bounce_callback(v, callback, GUEST_BOUNCE_CLEAR_DF);
}

void guest_cpu_syscall(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (trace_wants(PVABI_TRC_CLASS)) {
        trace_syscall(v, regs->rax, regs->rip);
    }
    bounce_syscall(v, regs, &v->cpu.syscall);
}

void guest_cpu_syscall32(struct vcpu *v, struct cpu_user_regs *regs)
{
    bounce_syscall(v, regs, &v->cpu.syscall32);
}

void guest_cpu_sysenter(struct vcpu *v, struct cpu_user_regs *regs)
{
    (void)regs;
    if (v->cpu.sysenter.address == 0) {
        guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, 0, true);
        return;
    }
    bounce_callback(v, &v->cpu.sysenter, GUEST_BOUNCE_CLEAR_DF);
}
