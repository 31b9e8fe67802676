/* SPDX-License-Identifier: MIT */
/* Exceptions: those of guests go to core, those of the hypervisor are fixed up where a guest's value caused
 * them, or end it. */
#include "core/domain.h"
#include "core/trace.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "x86/cpu.h"
#include "x86/descriptors.h"
#include "x86/exit.h"
#include "x86/guest_copy.h"
#include "x86/panic.h"

#define FIRST_INTERRUPT 32u
#define VECTOR_INT80    0x80u

enum {
    TRAP_DEBUG = 1,
    TRAP_NO_SEGMENT = 11,
    TRAP_STACK = 12,
    TRAP_GP = 13,
    TRAP_PAGE_FAULT = 14,
};

#define FAULT_PRESENT 1u
#define FAULT_WRITE   2u
#define FAULT_USER    4u

#define LDT_OFFSET 0x10000

/* Much longer than a retry takes, much shorter than what a guest does between two such faults. */
#define SPURIOUS_AGAIN_TICKS (1u << 20)

#define DEBUG_STATUS_CLEAR 0xffff0ff0u

extern const char x86_iret_instruction[];

/* Faults in the descriptor windows: pages of the LDT are mapped when they are first used. True: try again. */
static bool window_fault(struct vcpu *v, uint64_t address)
{
    int64_t offset = !v || v->is_idle ? -1 : x86_windows_offset(v, address);

    return offset >= LDT_OFFSET && guest_cpu_ldt_fault(v, (uint64_t)offset - LDT_OFFSET);
}

/* The CPU looked for a descriptor of the guest (a guest's own access to that address has the user bit). True:
 * it is settled. */
static bool guest_window_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t address)
{
    int64_t offset = x86_windows_offset(v, address);
    bool ldt = offset >= LDT_OFFSET;

    if (offset < 0 || regs->error_code & FAULT_USER) {
        return false;
    }
    guest_cpu_window_fault(v, regs, ldt, (uint64_t)offset - (ldt ? LDT_OFFSET : 0));
    return true;
}

/* Whether a fault of the hypervisor on a guest's page is over: the entry allows the access now. */
static bool spurious(struct vcpu *v, uint64_t address, uint32_t error)
{
    uint64_t entry;

    return v && !v->is_idle && guest_range_ok(guest_va(address), 1) && error & FAULT_PRESENT &&
           error & FAULT_WRITE && mm_walk(v, guest_va(address), &entry) && entry & 2;
}

/* The IRET to the guest faulted: its registers are loaded already and were saved anew by this exception. */
static void NORETURN iret_fault(struct cpu_user_regs *regs, unsigned int vector)
{
    struct cpu_user_regs *guest = x86_cpu_guest_regs(port_cpu_id()), frame = *regs;
    uint32_t error = regs->error_code;

    frame.rip = guest->rip;
    frame.cs = guest->cs;
    frame.saved_upcall_mask = guest->saved_upcall_mask;
    frame.rflags = guest->rflags;
    frame.rsp = guest->rsp;
    frame.ss = guest->ss;
    *guest = frame;
    /* The guest learns of it as if its own first instruction had faulted. Its other mode's frame is in place
     * already. */
    if (vector != TRAP_PAGE_FAULT || !guest_window_fault(port_current(), guest, x86_read_cr2())) {
        guest_cpu_inject_trap(port_current(), vector, error, true);
    }
    x86_exit_from(guest);
}

static void hypervisor_trap(struct cpu_user_regs *regs, unsigned int vector)
{
    uintptr_t fixup;

    if (vector == TRAP_DEBUG) {
        /*
         * A guest's breakpoint on what the hypervisor touched for it, or its single step at SYSENTER. The
         * place is that of the next instruction: a fixup there is not for this. The guest does not learn of
         * it, nor does the next one.
         */
        port_write_dr(6, DEBUG_STATUS_CLEAR);
        return;
    }
    if (vector == TRAP_PAGE_FAULT) {
        uint64_t address = x86_read_cr2();
        struct x86_cpu *cpu = x86_this_cpu();

        if (window_fault(port_current(), address)) {
            return;
        }
        /* The same instruction at the same place again, at once, is no spurious fault any more. */
        if ((address != cpu->fault_address || regs->rip != cpu->fault_rip ||
             x86_rdtsc() - cpu->fault_tsc > SPURIOUS_AGAIN_TICKS) &&
            spurious(port_current(), address, regs->error_code)) {
            cpu->fault_address = address;
            cpu->fault_rip = regs->rip;
            cpu->fault_tsc = x86_rdtsc();
            return;
        }
        cpu->fault_address = cpu->fault_rip = 0;
    }
    fixup = x86_extable_find(regs->rip);
    if (fixup != 0) {
        regs->rip = fixup;
        return;
    }
    if (regs->rip == (uintptr_t)x86_iret_instruction && vector >= TRAP_NO_SEGMENT &&
        vector <= TRAP_PAGE_FAULT) {
        iret_fault(regs, vector);
    }
    x86_panic_regs(regs, "exception %u in the hypervisor", vector);
}

static void guest_trap(struct cpu_user_regs *regs, unsigned int vector)
{
    struct vcpu *v = port_current();

    if (trace_wants(PVABI_TRC_CLASS)) {
        trace_exception(v, vector, regs->error_code, regs->rip,
                        vector == TRAP_PAGE_FAULT ? x86_read_cr2() : 0);
    }
    if (vector == TRAP_PAGE_FAULT) {
        uint64_t address = x86_read_cr2();

        if (!guest_window_fault(v, regs, address)) {
            guest_cpu_page_fault(v, regs, address);
        }
        return;
    }
    guest_cpu_exception(v, regs, vector);
}

void x86_trap(struct cpu_user_regs *regs)
{
    unsigned int vector = regs->entry_vector;

    if (vector >= FIRST_INTERRUPT && vector != VECTOR_INT80) {
        x86_interrupt(vector);
    } else if (regs->cs & 3) {
        guest_trap(regs, vector);
    } else {
        hypervisor_trap(regs, vector);
    }
}

void x86_nmi(struct cpu_user_regs *regs)
{
    if (x86_panicking()) {
        x86_panic_other_cpu(regs);
    }
    /* It may have come while this CPU holds the console's lock: the exit path tells of it. */
    x86_this_cpu()->nmi_rip = regs->rip;
    port_or_u32(&x86_this_cpu()->work, X86_WORK_NMI);
}

void x86_double_fault(struct cpu_user_regs *regs)
{
    x86_panic_regs(regs, "double fault");
}

void x86_machine_check(struct cpu_user_regs *regs)
{
    x86_panic_regs(regs, "machine check");
}
