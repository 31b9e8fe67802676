/* SPDX-License-Identifier: MIT */
/* Enters guest user mode by the iret hypercall and comes back by the first entry that no hook takes. */
#include "guest/user.h"

#include "guest/exit.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/vcpu.h"
#include "pvabi/xen.h"

#define USER_STACK_PAGES 2
/* The system call by which user_run's function comes back; its result is in rdi. */
#define USER_RETURN 0x52455455524eul

static uint64_t *root;

static struct {
    char *stack;
    bool ready;
} users[VCPU_MAX];

uint64_t *user_root(void)
{
    return root;
}

int user_init(void)
{
    struct vcpu *vcpu = vcpu_current();
    int error;

    if (users[vcpu->id].ready) {
        return 0;
    }
    if (!root) {
        root = pt_clone_root();
    }
    if (!root) {
        return -1;
    }
    users[vcpu->id].stack = memory_pages_alloc(USER_STACK_PAGES);
    error = pt_mmuext(MMUEXT_NEW_USER_BASEPTR, memory_va_to_mfn(root));
    if (!error) {
        error = (int)hypercall_stack_switch(FLAT_KERNEL_SS, HARG(vcpu->entry_stack + VCPU_STACK_SIZE));
    }
    users[vcpu->id].ready = error == 0;
    return error;
}

/* The first code of user mode: calls fn in rsi, passes its result to the kernel. */
__attribute__((naked)) static void user_trampoline(void)
{
    __asm__ volatile("call *%%rsi\n\t"
                     "mov %%rax, %%rdi\n\t"
                     "movabs %0, %%rax\n\t"
                     "syscall\n\t"
                     "ud2" ::"i"(USER_RETURN));
}

/* The registers that a function's start takes, then the iret frame; popped by enter. */
struct user_entry {
    uint64_t rdi, rsi;
    struct iret_context iret;
};

__attribute__((naked, noreturn)) static void user_enter(const struct user_entry *entry)
{
    __asm__ volatile("mov %%rdi, %%rsp\n\t"
                     "pop %%rdi\n\t"
                     "pop %%rsi\n\t"
                     "mov %0, %%eax\n\t"
                     "syscall\n\t"
                     "ud2" ::"i"(__HYPERVISOR_iret));
    (void)entry;
}

void user_run_frame(struct trap_frame *frame)
{
    struct vcpu *vcpu = vcpu_current();
    struct jump here;
    struct user_entry entry = {
        .rdi = frame->rdi,
        .rsi = frame->rsi,
        .iret = {.rax = frame->rax,
                 .r11 = frame->r11,
                 .rcx = frame->rcx,
                 .rip = frame->rip,
                 .cs = frame->cs,
                 .rflags = frame->rflags,
                 .rsp = frame->rsp,
                 .ss = frame->ss},
    };

    if (jump_save(&here) != 0) {
        return;
    }
    vcpu->user_exit = &here;
    vcpu->user_frame = frame;
    user_enter(&entry);
}

uint64_t user_run(user_function *fn, uint64_t argument, struct trap_frame *frame)
{
    if (user_init() != 0) {
        guest_crash("no user mode");
    }
    *frame = (struct trap_frame){
        .rip = HARG(user_trampoline),
        .cs = FLAT_USER_CS64,
        .rflags = EFLAGS_IF | EFLAGS_MBS,
        .rsp = HARG(users[vcpu_current()->id].stack + USER_STACK_PAGES * PAGE_SIZE),
        .ss = FLAT_USER_SS64,
        .rdi = argument,
        .rsi = HARG(fn),
    };
    user_run_frame(frame);
    return user_returned(frame) ? frame->rdi : 0;
}

bool user_returned(const struct trap_frame *frame)
{
    return frame->vector == ENTRY_SYSCALL && frame->rax == USER_RETURN;
}
