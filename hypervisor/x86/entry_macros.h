/* SPDX-License-Identifier: MIT */
/* What every crossing between a guest and the hypervisor does (x86/entry.S): registers, and what speculation needs. */
#ifndef X86_ENTRY_MACROS_H
#define X86_ENTRY_MACROS_H

#include "x86/alternatives.h"
#include "x86/layout.h"
#include "asm_offsets.h"

/* clang-format off: assembly */
/* From the stack pointer to this CPU's data: the last page of its block. */
#define CPU_FIELD(name) (CPU_##name - (LAYOUT_CPU_SIZE - 1 - LAYOUT_CPU_DATA))

    .macro THIS_CPU register
    mov %rsp, \register
    or $(LAYOUT_CPU_SIZE - 1), \register
    .endm

/*
 * What the hot paths save, and in the same order what else struct cpu_user_regs has. The gates of the IDT leave DF and
 * AC as the guest had them; AC would let the hypervisor touch what SMAP guards.
 */
    .macro FAST_SAVE
    cld
    CLAC
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    .endm

    .macro FAST_RESTORE
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    .endm

    .macro FAST_SAVE_REST
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    .endm

    .macro SAVE_REGISTERS
    FAST_SAVE
    FAST_SAVE_REST
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
    FAST_RESTORE
    add $8, %rsp                /* error code and vector */
    .endm

/* 32 returns that lead to a place where speculation stops. rax and rcx are lost. */
    .macro STUFF_RSB
    mov $16, %ecx
    mov %rsp, %rax
665:
    call 667f
666:
    pause
    lfence
    jmp 666b
667:
    call 668f
666:
    pause
    lfence
    jmp 666b
668:
    dec %ecx
    jnz 665b
    mov %rax, %rsp
    .endm

/*
 * A guest's values must not be used speculatively by what comes: the arguments of a hypercall stay, in rdi and rsi.
 * What it taught the predictors goes too: from here on there are indirect branches and returns, in C.
 */
    .macro ENTER_FROM_GUEST
    WITH ALTERNATIVE_SPEC_CTRL
    THIS_CPU %rax
    mov CPU_FIELD(SPEC_CTRL)(%rax), %eax
    xor %edx, %edx
    mov $MSR_NUMBER_SPEC_CTRL, %ecx
    wrmsr
669:
    WITH ALTERNATIVE_IBPB_ENTRY
    mov $1, %eax
    xor %edx, %edx
    mov $MSR_NUMBER_PRED_CMD, %ecx
    wrmsr
669:
    WITH ALTERNATIVE_RSB
    STUFF_RSB
669:
    xor %ebp, %ebp
    xor %ebx, %ebx
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    .endm

/* Buffers that loads of others may see are cleared (by microcode that knows of it). rax is lost. */
    .macro LEAVE_TO_GUEST
    WITH ALTERNATIVE_VERW
    THIS_CPU %rax
    verw CPU_FIELD(VERW_SELECTOR)(%rax)
669:
    .endm

/* Guests run without what SPEC_CTRL does for the hypervisor. rax, rcx and rdx are lost. */
    .macro LEAVE_SPEC_CTRL
    WITH ALTERNATIVE_SPEC_CTRL
    xor %eax, %eax
    xor %edx, %edx
    mov $MSR_NUMBER_SPEC_CTRL, %ecx
    wrmsr
669:
    .endm

/*
 * From a guest's second root to the hypervisor's own, if it has one: then on at done, with CR3 loaded. data: the
 * end of the CPU's block; scratch is lost.
 */
    .macro XPTI_ENTER data, scratch, done
    WITH ALTERNATIVE_XPTI
    cmpq $0, CPU_FIELD(GUEST_CR3)(\data)
    je 669f
    mov CPU_FIELD(ROOT)(\data), \scratch
    mov \scratch, %cr3
    .ifnb \done
    jmp \done
    .endif
669:
    .endm

/*
 * An exception in the hypervisor may have come on either root: rbx gets the one to go back to, or 0. It keeps that
 * for XPTI_BACK through calls of C. rax is lost.
 */
    .macro XPTI_ENTER_NESTED
    xor %ebx, %ebx
    WITH ALTERNATIVE_XPTI
    THIS_CPU %rax
    cmpq $0, CPU_FIELD(GUEST_CR3)(%rax)
    je 669f
    mov %cr3, %rbx
    mov CPU_FIELD(ROOT)(%rax), %rax
    mov %rax, %cr3
669:
    .endm

    .macro XPTI_BACK
    test %rbx, %rbx
    jz 669f
    mov %rbx, %cr3
669:
    .endm

/* To the guest's second root. rax and rcx are lost. */
    .macro XPTI_LEAVE
    WITH ALTERNATIVE_XPTI
    THIS_CPU %rax
    mov CPU_FIELD(GUEST_CR3)(%rax), %rcx
    test %rcx, %rcx
    jz 669f
    mov %rcx, %cr3
669:
    .endm

#endif
