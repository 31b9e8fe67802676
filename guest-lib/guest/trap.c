/* SPDX-License-Identifier: MIT */
/* The trap table, and what becomes of each entry: hook, event, user mode's end, fixup, catcher, or the
 * guest's end. */
#include "guest/trap.h"

#include "guest/event.h"
#include "guest/exit.h"
#include "guest/hypercall.h"
#include "guest/printf.h"
#include "guest/vcpu.h"
#include "guest/x86.h"
#include "pvabi/callback.h"

struct fixup {
    uint64_t from, to;
};

extern const struct fixup guest_fixups_start[], guest_fixups_end[];

uint64_t trap_failsafe_selectors[4];

static trap_hook *hooks[TRAP_ENTRIES];
static struct trap_info table[257];

void trap_enter(struct trap_frame *frame);

static struct trap_info stub_gate(unsigned int vector, uint8_t flags)
{
    return (struct trap_info){.vector = (uint8_t)vector,
                              .flags = flags,
                              .cs = FLAT_KERNEL_CS,
                              .address = (unsigned long)(trap_stubs + vector * TRAP_STUB_SIZE)};
}

int trap_set_gate(uint8_t vector, uint8_t flags)
{
    struct trap_info one[2] = {stub_gate(vector, flags), {0}};

    return (int)hypercall_set_trap_table(HARG(one));
}

const struct trap_info *trap_table(void)
{
    return table;
}

static void register_callback(uint16_t type, void (*entry)(void))
{
    struct callback_register request = {.type = type, .address = (unsigned long)entry};

    hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}

void trap_init(void)
{
    for (unsigned int vector = 0; vector < 256; vector++) {
        /* User programs may raise breakpoint and overflow, as on the bare machine. */
        table[vector] = stub_gate(vector, vector == VECTOR_BP || vector == VECTOR_OF ? 3 : 0);
    }
    hypercall_set_trap_table(HARG(table));
    register_callback(CALLBACKTYPE_event, entry_event);
    register_callback(CALLBACKTYPE_failsafe, entry_failsafe);
    register_callback(CALLBACKTYPE_syscall, entry_syscall);
    register_callback(CALLBACKTYPE_syscall32, entry_syscall32);
    register_callback(CALLBACKTYPE_sysenter, entry_sysenter);
}

trap_hook *trap_set_hook(unsigned int entry, trap_hook *hook)
{
    trap_hook *before = hooks[entry];

    hooks[entry] = hook;
    return before;
}

uint64_t trap_cr2(void)
{
    return vcpu_current()->info->arch.cr2;
}

void trap_print(const struct trap_frame *f)
{
    printf("vector %lu error %lx cs:rip %04x:%016lx ss:rsp %04lx:%016lx rflags %lx mask %u cr2 %lx\n",
           f->vector, f->error, f->cs, f->rip, f->ss, f->rsp, f->rflags, f->saved_upcall_mask, trap_cr2());
    printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    printf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    printf("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
}

static bool apply_fixup(struct trap_frame *frame)
{
    for (const struct fixup *fixup = guest_fixups_start; fixup < guest_fixups_end; fixup++) {
        if (fixup->from == frame->rip) {
            frame->rip = fixup->to;
            return true;
        }
    }
    return false;
}

static void leave_user(struct vcpu *vcpu, const struct trap_frame *frame)
{
    struct jump *jump = vcpu->user_exit;

    *vcpu->user_frame = *frame;
    vcpu->user_exit = NULL;
    jump_restore(jump, 1);
}

static void leave_catch(struct vcpu *vcpu, const struct trap_frame *frame)
{
    struct jump *jump = vcpu->catching;

    *vcpu->caught = *frame;
    jump_restore(jump, 1);
}

/* C's end of every entry; what it leaves in the frame is where the vCPU goes on. */
void trap_enter(struct trap_frame *frame)
{
    struct vcpu *vcpu = vcpu_current();
    trap_hook *hook = hooks[frame->vector];

    if (hook && hook(frame)) {
        return;
    }
    if (frame->vector == ENTRY_EVENT) {
        event_upcall();
        return;
    }
    if (trap_from_user(frame) && vcpu->user_exit) {
        leave_user(vcpu, frame);
    }
    if (!trap_from_user(frame) && apply_fixup(frame)) {
        return;
    }
    if (vcpu->catching) {
        leave_catch(vcpu, frame);
    }
    printf("unexpected trap\n");
    trap_print(frame);
    guest_crash("unexpected trap");
}

bool trap_catch(void (*fn)(void *), void *argument, struct trap_frame *frame)
{
    struct vcpu *vcpu = vcpu_current();
    struct jump *outer = vcpu->catching;
    struct trap_frame *outer_frame = vcpu->caught;
    struct jump here;
    bool trapped = jump_save(&here) != 0;

    if (!trapped) {
        vcpu->catching = &here;
        vcpu->caught = frame;
        fn(argument);
    }
    vcpu->catching = outer;
    vcpu->caught = outer_frame;
    return trapped;
}

bool trap_rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    uint8_t ok = 0;

    __asm__ volatile("1: rdmsr; movb $1, %2\n2:\n\t" TRAP_FIXUP("1b", "2b")
                     : "+a"(low), "+d"(high), "+q"(ok)
                     : "c"(msr));
    *value = (uint64_t)high << 32 | low;
    return ok;
}

bool trap_wrmsr(uint32_t msr, uint64_t value)
{
    uint8_t ok = 0;

    __asm__ volatile("1: wrmsr; movb $1, %0\n2:\n\t" TRAP_FIXUP("1b", "2b")
                     : "+q"(ok)
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
    return ok;
}

bool trap_read_word(const void *address, uint64_t *value)
{
    uint64_t word = 0;
    uint8_t ok = 0;

    __asm__ volatile("1: mov (%2), %0; movb $1, %1\n2:\n\t" TRAP_FIXUP("1b", "2b")
                     : "+r"(word), "+q"(ok)
                     : "r"(address)
                     : "memory");
    *value = word;
    return ok;
}

bool trap_write_word(void *address, uint64_t value)
{
    uint8_t ok = 0;

    __asm__ volatile("1: mov %2, (%1); movb $1, %0\n2:\n\t" TRAP_FIXUP("1b", "2b")
                     : "+q"(ok)
                     : "r"(address), "r"(value)
                     : "memory");
    return ok;
}
