/* SPDX-License-Identifier: MIT */
/*
 * Entry and exit. Every entry from a guest saves all registers at the top of the CPU's main stack as struct
 * cpu_user_regs and ends at x86_exit, which does pending work in C before it goes back. docs/entry-paths.md has the
 * picture.
 *
 * Places for mitigations: ENTER_FROM_GUEST and LEAVE_TO_GUEST stand at every crossing. Under XPTI the guest runs on a
 * second root (x86/xpti.h): until XPTI_ENTER has run, and from XPTI_LEAVE on, only what that maps may be touched:
 * this section, the IDT and the CPU's block.
 */
#include "x86/entry_macros.h"
#include "x86/extable.h"

    .section .text.entry, "ax"
    .globl entry_debug, entry_page_fault, entry_stubs, entry_2, entry_8, entry_18

/*
 * The hot paths: a system call and a page fault on their way to the guest kernel, and its iret. They run without C when
 * nothing is pending (and XPTI is off), and change nothing before they know that they can go on; else the slow path
 * starts over in C.
 * They save seven registers (in the order of struct cpu_user_regs, so that the slow path can save the rest behind
 * them) and use these:
 *   rdi: end of the CPU's block   rsi: the vCPU   rax, rcx, rdx, r8, r9: scratch; r11 keeps the guest's value
 */
#define FAST_RAX 16
#define FAST_RCX 24
#define FAST_ERROR 56
#define FAST_RIP 64
#define FAST_CS 72
#define FAST_RFLAGS 80
#define FAST_RSP 88
#define FAST_SS 96

#define GUEST_HALF 0xffff880000000000  /* the guest kernel's half of the address space begins here */

#define EFLAGS_IF 0x200
#define EFLAGS_IOPL 0x3000
/* What a bounce clears in the entered guest's flags: TF, IOPL, NT, RF, VM, AC. */
#define EFLAGS_BOUNCE_CLEARS 0x77100
#define EFLAGS_DF 0x400

/* How a bounce is done, in ecx. */
#define BOUNCE_MASKS 1
#define BOUNCE_HAS_ERROR 2
#define BOUNCE_CLEARS_DF 4

/*
 * SYSCALL in 64-bit mode. The CPU's own stub has put the guest's rsp into scratch_rsp and rsp at the end of the stack's
 * register area, below the data selectors.
 */
    .globl x86_syscall_entry
    .balign 16
x86_syscall_entry:
    push $LAYOUT_GUEST_SS
    sub $8, %rsp                /* rsp: filled below, when a register is free */
    push %r11
    push $LAYOUT_GUEST_CS64
    push %rcx
    push $0
    movl $0x100, 4(%rsp)        /* came by SYSCALL */
    FAST_SAVE
    THIS_CPU %rdi
    mov CPU_FIELD(SCRATCH_RSP)(%rdi), %rdx
    mov %rdx, FAST_RSP(%rsp)
    mov CPU_FIELD(CURRENT)(%rdi), %rsi
    XPTI_ENTER %rdi, %rdx, syscall_slow
    cmpb $0, VCPU_KERNEL_MODE(%rsi)
    jne 1f
    mov VCPU_SYSCALL_ADDRESS(%rsi), %rax
    movzbl VCPU_SYSCALL_MASK(%rsi), %ecx
    or $BOUNCE_CLEARS_DF, %ecx
    test %rax, %rax
    jnz fast_bounce
    jmp syscall_slow
1:  cmp $HYPERCALL_IRET, %rax
    je fast_iret
syscall_slow:
    FAST_SAVE_REST
    mov %rsi, %rdi
    mov %rsp, %rsi
    ENTER_FROM_GUEST
    sub $8, %rsp
    cmpb $0, VCPU_KERNEL_MODE(%rdi)
    je 2f
    call x86_hypercall
    add $8, %rsp
    jmp x86_exit
2:  call guest_cpu_syscall
    add $8, %rsp
    jmp x86_exit

/*
 * Builds the frame of a trap or system call on the guest kernel's stack and enters its handler: rax the address,
 * ecx how.
 */
    .balign 16
fast_bounce:
    cmpl $0, CPU_FIELD(WORK)(%rdi)
    jne fast_slow
    cmpw $0, VCPU_STALE_AREAS(%rsi)
    jne fast_slow
    mov VCPU_DOMAIN(%rsi), %rdx
    testb $ASSIST_IOPL, DOMAIN_VM_ASSIST(%rdx)
    jnz fast_slow
    movzwl FAST_CS(%rsp), %r9d
    cmpb $0, VCPU_KERNEL_MODE(%rsi)
    je 1f
    mov FAST_RSP(%rsp), %r8
    and $~3, %r9d               /* by RPL 0 the guest tells its kernel's frames from its users' */
    jmp 2f
1:  mov VCPU_KERNEL_SP(%rsi), %r8
2:  and $~15, %r8
    movabs $GUEST_HALF + 4096, %rdx
    cmp %rdx, %r8
    jbe fast_slow
    cmpb $0, VCPU_KERNEL_MODE(%rsi)
    jne 3f
    /* From user mode: from here on the vCPU is in kernel mode. */
    movb $1, VCPU_KERNEL_MODE(%rsi)
    mov VCPU_CR3_KERNEL(%rsi), %rdx
    swapgs
    mov %rdx, CPU_FIELD(ROOT)(%rdi)
    mov %rdx, %cr3
3:  mov VCPU_INFO(%rsi), %rdi
    movzbl INFO_MASK(%rdi), %edx
    mov FAST_RFLAGS(%rsp), %rsi
    and $~(EFLAGS_IF | EFLAGS_IOPL), %rsi
    test %edx, %edx
    jnz 4f
    or $EFLAGS_IF, %rsi
4:  shl $32, %rdx
    or %rdx, %r9                /* the selector, and above it the mask before */
    STAC
    mov FAST_SS(%rsp), %rdx
.Lframe_ss:
    mov %rdx, -8(%r8)
    mov FAST_RSP(%rsp), %rdx
.Lframe_rsp:
    mov %rdx, -16(%r8)
.Lframe_rflags:
    mov %rsi, -24(%r8)
.Lframe_cs:
    mov %r9, -32(%r8)
    mov FAST_RIP(%rsp), %rdx
.Lframe_rip:
    mov %rdx, -40(%r8)
    sub $40, %r8
    test $BOUNCE_HAS_ERROR, %ecx
    jz 5f
    mov FAST_ERROR(%rsp), %edx
    sub $8, %r8
.Lframe_error:
    mov %rdx, (%r8)
5:  sub $16, %r8
.Lframe_r11:
    mov %r11, 8(%r8)
    mov FAST_RCX(%rsp), %rdx
.Lframe_rcx:
    mov %rdx, (%r8)
    CLAC
    test $BOUNCE_MASKS, %ecx
    jz 6f
    movb $1, INFO_MASK(%rdi)
6:  mov FAST_RFLAGS(%rsp), %r11
    and $~EFLAGS_BOUNCE_CLEARS, %r11
    or $EFLAGS_IF, %r11
    test $BOUNCE_CLEARS_DF, %ecx
    jz 7f
    and $~EFLAGS_DF, %r11
7:  mov %r8, FAST_RSP(%rsp)
    mov %rax, FAST_RIP(%rsp)
    LEAVE_TO_GUEST
    FAST_RESTORE
    mov FAST_RIP - FAST_ERROR(%rsp), %rcx
    mov FAST_RSP - FAST_ERROR(%rsp), %rsp
    /* rcx was checked to be canonical when the handler was set (XSA-7). */
    sysretq

/* The guest's stack cannot be written: C tells and ends the domain. */
frame_fault:
    CLAC
    FAST_SAVE_REST
    mov %rsp, %rdi
    ENTER_FROM_GUEST
    sub $8, %rsp
    call x86_bounce_failed
    add $8, %rsp
    jmp x86_exit
    FIXUP .Lframe_ss, frame_fault
    FIXUP .Lframe_rsp, frame_fault
    FIXUP .Lframe_rflags, frame_fault
    FIXUP .Lframe_cs, frame_fault
    FIXUP .Lframe_rip, frame_fault
    FIXUP .Lframe_error, frame_fault
    FIXUP .Lframe_r11, frame_fault
    FIXUP .Lframe_rcx, frame_fault

/* Which slow path: a system call's word has no vector in its upper half but the mark of SYSCALL. */
fast_slow:
    cmpl $0x100, FAST_ERROR + 4(%rsp)
    je syscall_slow
    FAST_SAVE_REST
    jmp trap_saved

/*
 * The iret hypercall: registers and the frame stand on the guest kernel's stack. Nothing of ours is overwritten that
 * the slow path needs before the last read has succeeded.
 */
    .balign 16
fast_iret:
    cmpl $0, CPU_FIELD(WORK)(%rdi)
    jne syscall_slow
    cmpw $0, VCPU_NMI_MASKED(%rsi)
    jne syscall_slow
    mov VCPU_DOMAIN(%rsi), %rdx
    testb $ASSIST_IOPL, DOMAIN_VM_ASSIST(%rdx)
    jnz syscall_slow
    mov VCPU_INFO(%rsi), %rcx
    cmpb $0, (%rcx)             /* an upcall that becomes unmasked is delivered by the slow path */
    jne syscall_slow
    mov FAST_RSP(%rsp), %r8
    movabs $GUEST_HALF, %rdx
    cmp %rdx, %r8
    jb syscall_slow
    cmp $-IRET_SIZE, %r8
    ja syscall_slow
    STAC
.Liret_flags:
    testl $IRET_IN_SYSCALL, 24(%r8)
    jnz iret_fault
.Liret_cs:
    movzwl 40(%r8), %r9d
.Liret_rip:
    mov 32(%r8), %rax
    mov %rax, FAST_RIP(%rsp)
.Liret_rax:
    mov (%r8), %rax
    mov %rax, FAST_RAX(%rsp)
.Liret_rcx:
    mov 16(%r8), %rax
    mov %rax, FAST_RCX(%rsp)
.Liret_ss:
    movzwl 64(%r8), %eax
    or $3, %eax
    mov %rax, FAST_SS(%rsp)
.Liret_r11:
    mov 8(%r8), %r11
.Liret_rflags:
    mov 48(%r8), %edx
.Liret_rsp:
    mov 56(%r8), %rax
    CLAC
    mov %r9d, %r8d
    and $3, %r8d
    cmp $3, %r8d
    jne 1f
    cmpq $0, VCPU_CR3_USER(%rsi)
    je iret_slow                /* C ends the domain */
1:  mov %rax, FAST_RSP(%rsp)
    or $3, %r9d
    mov %r9, FAST_CS(%rsp)
    /* Upcalls are masked as IF says; IF itself, like IOPL and VM, is the hypervisor's. */
    test $EFLAGS_IF, %edx
    setz INFO_MASK(%rcx)
    and $~(EFLAGS_IOPL | 0x20000), %edx
    or $(EFLAGS_IF | 2), %edx
    mov %rdx, FAST_RFLAGS(%rsp)
    cmp $3, %r8d
    jne 2f
    movb $0, VCPU_KERNEL_MODE(%rsi)
    mov VCPU_CR3_USER(%rsi), %rdx
    swapgs
    mov %rdx, CPU_FIELD(ROOT)(%rdi)
    mov %rdx, %cr3
2:  LEAVE_TO_GUEST
    FAST_RESTORE
    add $8, %rsp
    jmp x86_iret_instruction
iret_fault:
    CLAC
iret_slow:
    movq $HYPERCALL_IRET, FAST_RAX(%rsp) /* the frame's rax may stand there; C reads it all again */
    jmp syscall_slow
    FIXUP .Liret_flags, iret_fault
    FIXUP .Liret_cs, iret_fault
    FIXUP .Liret_rip, iret_fault
    FIXUP .Liret_rax, iret_fault
    FIXUP .Liret_rcx, iret_fault
    FIXUP .Liret_ss, iret_fault
    FIXUP .Liret_r11, iret_fault
    FIXUP .Liret_rflags, iret_fault
    FIXUP .Liret_rsp, iret_fault

/* #PF: one of a guest on a page that is not present is the guest's own affair; C looks at all others. */
    .balign 16
entry_page_fault:
    movl $14, 4(%rsp)
    testb $3, 16(%rsp)
    jz entry_common
    FAST_SAVE
    THIS_CPU %rdi
    mov CPU_FIELD(CURRENT)(%rdi), %rsi
    XPTI_ENTER %rdi, %rdx, fast_slow
    testb $1, FAST_ERROR(%rsp)
    jnz fast_slow
    mov %cr2, %rdx
    mov %rdx, %rax
    shr $47, %rax
    jz 1f
    movabs $GUEST_HALF, %rax
    cmp %rax, %rdx
    jb fast_slow
1:  mov VCPU_TRAPS(%rsi), %r8
    mov 14 * TRAP_INFO_SIZE + TRAP_INFO_ADDRESS(%r8), %rax
    test %rax, %rax
    jz fast_slow
    mov %rdx, VCPU_CR2(%rsi)
    mov VCPU_INFO(%rsi), %rcx
    mov %rdx, INFO_CR2(%rcx)
    movzbl 14 * TRAP_INFO_SIZE + TRAP_INFO_FLAGS(%r8), %ecx
    shr $2, %ecx                /* bit 2: mask upcalls */
    and $BOUNCE_MASKS, %ecx
    or $BOUNCE_HAS_ERROR, %ecx
    cmpb $0, VCPU_KERNEL_MODE(%rsi)
    je fast_bounce
    andl $~4, FAST_ERROR(%rsp)  /* the CPU calls the guest kernel a user: it is in ring 3 */
    jmp fast_bounce

/* SYSCALL in compatibility mode, as above. */
    .globl x86_syscall32_entry
    .balign 16
x86_syscall32_entry:
    push $LAYOUT_GUEST_SS
    sub $8, %rsp
    push %r11
    push $LAYOUT_GUEST_CS32
    push %rcx
    push $0
    movl $0x100, 4(%rsp)
    SAVE_REGISTERS
    THIS_CPU %rcx
    mov CPU_FIELD(SCRATCH_RSP)(%rcx), %rdx
    mov %rdx, REGS_RSP(%rsp)
    XPTI_ENTER %rcx, %rdx
    mov CPU_FIELD(CURRENT)(%rcx), %rdi
    mov %rsp, %rsi
    ENTER_FROM_GUEST
    sub $8, %rsp
    call guest_cpu_syscall32
    add $8, %rsp
    jmp x86_exit

/* SYSENTER: the CPU loads rsp from an MSR (the same place) and keeps nothing of the guest's rip, rsp and flags. */
    .globl x86_sysenter_entry
    .balign 16
x86_sysenter_entry:
    push $LAYOUT_GUEST_SS
    push $0
    pushf
    orl $0x200, (%rsp)
    push $3
    push $0
    push $0
    movl $0x100, 4(%rsp)
    SAVE_REGISTERS
    /* SYSENTER leaves NT, AC and TF as they were: clean flags for the hypervisor. */
    pushq $2
    popf
    THIS_CPU %rcx
    XPTI_ENTER %rcx, %rdx
    mov CPU_FIELD(CURRENT)(%rcx), %rdi
    mov %rsp, %rsi
    ENTER_FROM_GUEST
    sub $8, %rsp
    call guest_cpu_sysenter
    add $8, %rsp
    jmp x86_exit

/* Exceptions and interrupts meet here with an error code and, above it in the same word, the vector. */
    .balign 16
entry_common:
    SAVE_REGISTERS
    testb $3, REGS_CS(%rsp)
    jz 1f
    THIS_CPU %rax
    XPTI_ENTER %rax, %rcx
trap_saved:
    mov %rsp, %rdi
    ENTER_FROM_GUEST
    sub $8, %rsp
    call x86_trap
    add $8, %rsp
    jmp x86_exit
1:  XPTI_ENTER_NESTED
    mov %rsp, %rdi
    xor %ebp, %ebp
    sub $8, %rsp
    call x86_trap
    add $8, %rsp
    XPTI_BACK
    RESTORE_REGISTERS
    iretq

/*
 * #DB has a stack of its own, for a guest can make it happen at the first instruction of an entry. One that comes
 * from a guest moves to the main stack, which is empty then.
 */
    .balign 16
entry_debug:
    push $0
    movl $1, 4(%rsp)
    testb $3, 8 + 8(%rsp)
    jz entry_common
    push %rax
    mov %rsp, %rax
    and $~(LAYOUT_CPU_SIZE - 1), %rsp
    add $LAYOUT_CPU_STACK_END - 32, %rsp
    push 48(%rax)
    push 40(%rax)
    push 32(%rax)
    push 24(%rax)
    push 16(%rax)
    push 8(%rax)
    mov (%rax), %rax
    jmp entry_common

/* NMI, #MC and #DF: on their own stacks, back to exactly where they came from. */
    .macro ENTRY_OWN_STACK vector, function, has_error
    .balign 16
entry_\vector:
    .if !\has_error
    push $0
    .endif
    movl $\vector, 4(%rsp)
    SAVE_REGISTERS
    XPTI_ENTER_NESTED
    mov %rsp, %rdi
    xor %ebp, %ebp
    sub $8, %rsp
    call \function
    add $8, %rsp
    XPTI_BACK
    RESTORE_REGISTERS
    iretq
    .endm

    ENTRY_OWN_STACK 2, x86_nmi, 0
    ENTRY_OWN_STACK 8, x86_double_fault, 1
    ENTRY_OWN_STACK 18, x86_machine_check, 0

/* All other vectors, 16 bytes apart. */
    .balign 16
entry_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
    .else
    push $0
    .endif
    movl $vector, 4(%rsp)
    jmp entry_common
    .set vector, vector + 1
    .endr

/*
 * The way back to a guest, or, after a switch, to another one. rsp is at the registers.
 */
    .globl x86_exit
    .balign 16
x86_exit:
    THIS_CPU %rax
    cmpl $0, CPU_FIELD(WORK)(%rax)
    jne exit_work
    mov CPU_FIELD(CURRENT)(%rax), %rbx
    cmpq $0, VCPU_BOUNCE_ADDRESS(%rbx)
    jne exit_work
    cmpw $0x100, VCPU_NMI_MASKED(%rbx) /* an NMI is pending (the high byte) and none is being handled */
    je exit_work
    mov VCPU_INFO(%rbx), %rcx
    movzwl (%rcx), %eax         /* upcall pending in the low byte, mask in the high one */
    sub $1, %ax
    cmp $0xff, %ax              /* due: pending not 0, mask 0 */
    jb exit_work
exit_restore:
    LEAVE_SPEC_CTRL
    XPTI_LEAVE
    LEAVE_TO_GUEST
    RESTORE_REGISTERS
    .globl x86_iret_instruction
x86_iret_instruction:
    iretq

exit_work:
    mov %rsp, %rdi
    sub $8, %rsp
    call x86_exit_work
    add $8, %rsp
    jmp exit_restore

/* void x86_exit_from(struct cpu_user_regs *): leaves whatever C was doing for the exit path. */
    .globl x86_exit_from
x86_exit_from:
    mov %rdi, %rsp
    jmp x86_exit

/* void x86_switch_stack(uintptr_t rsp, void (*function)(void)): goes on there, for good. */
    .globl x86_switch_stack
x86_switch_stack:
    mov %rdi, %rsp
    xor %ebp, %ebp
    call *%rsi
    ud2

    .section .note.GNU-stack, "", @progbits
