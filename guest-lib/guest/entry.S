/* SPDX-License-Identifier: MIT */
/*
 * Where the hypervisor enters the guest: a stub for each vector and callback, and the way back by the
 * iret hypercall.
 *
 * The hypervisor pushed, from high to low: ss rsp rflags cs rip, the error code where the vector has one,
 * r11 rcx.
 */
#include "guest/layout.h"

#define HYPERVISOR_IRET 23

    .text

    /* Leaves ss rsp rflags cs rip error vector on the stack, real rcx and r11 in their registers. */
    .macro entry number, has_error=0
    pop %rcx
    pop %r11
    .if \has_error == 0
    push $0
    .endif
    push $\number
    jmp trap_common
    .endm

    .macro vector_stub number
    .balign 16
trap_stub_\number:
    .if (\number == 8) || (\number >= 10 && \number <= 14) || (\number == 17) || (\number == 21)
    entry \number, 1
    .else
    entry \number
    .endif
    .endm

    /* 256 stubs of 16 bytes each: trap_stubs + 16 * vector. */
    .balign 16
    .globl trap_stubs
trap_stubs:
    .altmacro
    .set number, 0
    .rept 256
    vector_stub %number
    .set number, number + 1
    .endr
    .noaltmacro

    .macro callback name, number
    .globl \name
    .type \name, @function
    .balign 16
\name:
    entry \number
    .size \name, . - \name
    .endm

    callback entry_syscall, ENTRY_SYSCALL
    callback entry_syscall32, ENTRY_SYSCALL32
    callback entry_sysenter, ENTRY_SYSENTER
    callback entry_event, ENTRY_EVENT
    callback entry_nmi, ENTRY_NMI

    /* The failsafe frame has ds es fs gs between r11 and rip; they are kept for the handler to see. */
    .globl entry_failsafe
    .type entry_failsafe, @function
    .balign 16
entry_failsafe:
    pop %rcx
    pop %r11
    pop trap_failsafe_selectors(%rip)
    pop trap_failsafe_selectors + 8(%rip)
    pop trap_failsafe_selectors + 16(%rip)
    pop trap_failsafe_selectors + 24(%rip)
    push $0
    push $ENTRY_FAILSAFE
    jmp trap_common
    .size entry_failsafe, . - entry_failsafe

    /* Completes a struct trap_frame, lets C look at it and change it, and goes where it then says. */
    .type trap_common, @function
trap_common:
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
    mov %rsp, %rdi
    mov %rsp, %rbx
    and $-16, %rsp
    cld
    call trap_enter
    mov %rbx, %rsp
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
    /* Vector and error become the iret frame's rcx and flags (0: rcx and r11 are taken from the frame). */
    mov %rcx, (%rsp)
    movq $0, 8(%rsp)
    push %r11
    push %rax
    mov $HYPERVISOR_IRET, %eax
    syscall
    ud2
    .size trap_common, . - trap_common

    /* void trap_iret(const struct iret_context *frame): does not come back by itself. */
    .globl trap_iret
    .type trap_iret, @function
trap_iret:
    mov %rdi, %rsp
    mov $HYPERVISOR_IRET, %eax
    syscall
    ud2
    .size trap_iret, . - trap_iret

    /* int jump_save(struct jump *), void jump_restore(struct jump *, int): setjmp and longjmp. */
    .globl jump_save
    .type jump_save, @function
jump_save:
    pop %rdx
    mov %rbx, (%rdi)
    mov %rbp, 8(%rdi)
    mov %r12, 16(%rdi)
    mov %r13, 24(%rdi)
    mov %r14, 32(%rdi)
    mov %r15, 40(%rdi)
    mov %rsp, 48(%rdi)
    mov %rdx, 56(%rdi)
    xor %eax, %eax
    jmp *%rdx
    .size jump_save, . - jump_save

    .globl jump_restore
    .type jump_restore, @function
jump_restore:
    cld
    mov (%rdi), %rbx
    mov 8(%rdi), %rbp
    mov 16(%rdi), %r12
    mov 24(%rdi), %r13
    mov 32(%rdi), %r14
    mov 40(%rdi), %r15
    mov 48(%rdi), %rsp
    mov %esi, %eax
    jmp *56(%rdi)
    .size jump_restore, . - jump_restore

    .section .note.GNU-stack, "", @progbits
