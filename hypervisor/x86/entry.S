/* SPDX-License-Identifier: MIT */
/*
 * Entry and exit. Every entry from a guest saves all registers at the top of the CPU's main stack as struct cpu_user_regs
 * and ends at x86_exit, which does pending work in C before it goes back. docs/entry-paths.md has the picture.
 *
 * Places for mitigations: ENTER_FROM_GUEST and LEAVE_TO_GUEST stand at every crossing.
 */
#include "x86/layout.h"
#include "asm_offsets.h"

/* From the stack pointer to this CPU's data: the last page of its block. */
#define CPU_FIELD(name) (CPU_##name - (LAYOUT_CPU_SIZE - 1 - LAYOUT_CPU_DATA))

    .macro THIS_CPU register
    mov %rsp, \register
    or $(LAYOUT_CPU_SIZE - 1), \register
    .endm

    .macro SAVE_REGISTERS
    cld
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    .endm

    .macro RESTORE_REGISTERS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    add $8, %rsp                /* error code and vector */
    .endm

/* A guest's values must not be used speculatively by what comes: the arguments of a hypercall stay. */
    .macro ENTER_FROM_GUEST
    xor %ebp, %ebp
    xor %ebx, %ebx
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    .endm

    .macro LEAVE_TO_GUEST
    .endm

    .section .text.entry, "ax"

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
    SAVE_REGISTERS
    THIS_CPU %rcx
    mov CPU_FIELD(SCRATCH_RSP)(%rcx), %rdx
    mov %rdx, REGS_RSP(%rsp)
    mov CPU_FIELD(CURRENT)(%rcx), %rdi
    mov %rsp, %rsi
    ENTER_FROM_GUEST
    sub $8, %rsp
    cmpb $0, VCPU_KERNEL_MODE(%rdi)
    je 1f
    call x86_hypercall
    add $8, %rsp
    jmp x86_exit
1:  call guest_cpu_syscall
    add $8, %rsp
    jmp x86_exit

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
    mov %rsp, %rdi
    testb $3, REGS_CS(%rsp)
    jz 1f
    ENTER_FROM_GUEST
    sub $8, %rsp
    call x86_trap
    add $8, %rsp
    jmp x86_exit
1:  xor %ebp, %ebp
    sub $8, %rsp
    call x86_trap
    add $8, %rsp
    RESTORE_REGISTERS
    iretq

/*
 * #DB has a stack of its own, for a guest can make it happen at the first instruction of an entry. One that comes from a
 * guest moves to the main stack, which is empty then.
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
    mov %rsp, %rdi
    xor %ebp, %ebp
    sub $8, %rsp
    call \function
    add $8, %rsp
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

    .section .rodata
    .balign 8
    .globl x86_entry_table
x86_entry_table:
    .set vector, 0
    .rept 256
    .if vector == 1
    .quad entry_debug
    .elseif vector == 2
    .quad entry_2
    .elseif vector == 8
    .quad entry_8
    .elseif vector == 18
    .quad entry_18
    .else
    .quad entry_stubs + vector * 16
    .endif
    .set vector, vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
