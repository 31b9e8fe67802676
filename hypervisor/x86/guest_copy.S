/* SPDX-License-Identifier: MIT */
/*
 * The only instructions of the hypervisor that touch a guest's linear addresses. A fault in them goes on at their
 * fixup.
 * size_t x86_copy_guest(void *to, const void *from, size_t length): bytes that were not copied.
 */
#include "x86/alternatives.h"
#include "x86/extable.h"

    .text
    .globl x86_copy_guest
    .balign 16
x86_copy_guest:
    mov %rdx, %rcx
    mov %edx, %eax
    and $7, %eax
    shr $3, %rcx
    STAC
1:  rep movsq
    mov %eax, %ecx
2:  rep movsb
    CLAC
    xor %eax, %eax
    ret
/* In the words: what is left is rcx words and the rest. */
3:  CLAC
    lea (%rax, %rcx, 8), %rax
    ret
4:  CLAC
    mov %rcx, %rax
    ret
    FIXUP 1b, 3b
    FIXUP 2b, 4b

/* size_t x86_clear_guest(void *to, size_t length) */
    .globl x86_clear_guest
    .balign 16
x86_clear_guest:
    mov %rsi, %rcx
    xor %eax, %eax
    STAC
1:  rep stosb
2:  CLAC
    mov %rcx, %rax
    ret
    FIXUP 1b, 2b

/* size_t x86_copy_guest_8(uint64_t *to, const uint64_t *from): 0 or 8; for the commonest size. */
    .globl x86_copy_guest_8
    .balign 16
x86_copy_guest_8:
    STAC
1:  mov (%rsi), %rax
2:  mov %rax, (%rdi)
    CLAC
    xor %eax, %eax
    ret
3:  CLAC
    mov $8, %eax
    ret
    FIXUP 1b, 3b
    FIXUP 2b, 3b

/* bool x86_try_rdmsr(uint32_t msr, uint64_t *value), bool x86_try_wrmsr(uint32_t msr, uint64_t value): false on #GP. */
    .globl x86_try_rdmsr
    .balign 16
x86_try_rdmsr:
    mov %edi, %ecx
1:  rdmsr
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, (%rsi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
    FIXUP 1b, 2b

    .globl x86_try_wrmsr
    .balign 16
x86_try_wrmsr:
    mov %edi, %ecx
    mov %esi, %eax
    mov %rsi, %rdx
    shr $32, %rdx
1:  wrmsr
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
    FIXUP 1b, 2b

/* Loads of selectors that a guest chose. bool x86_load_ds(uint16_t) and so on: false for a bad one, NUL is loaded. */
    .macro LOAD_SELECTOR name, register
    .globl x86_load_\name
    .balign 16
x86_load_\name:
    mov $1, %eax
1:  mov %edi, %\register
    ret
2:  xor %edi, %edi
    xor %eax, %eax
    jmp 1b
    FIXUP 1b, 2b
    .endm

    LOAD_SELECTOR ds, ds
    LOAD_SELECTOR es, es
    LOAD_SELECTOR fs, fs

/* GS has two bases: a load goes to the active one, so the other one is made active around it (interrupts are off). */
    .globl x86_load_gs_other
    .balign 16
x86_load_gs_other:
    swapgs
1:  mov %edi, %gs
    swapgs
    ret
2:  xor %edi, %edi
    jmp 1b
    FIXUP 1b, 2b

    LOAD_SELECTOR gs, gs

/* bool x86_try_xrstor(const void *area, uint32_t mask), and x86_try_fxrstor(area): false for a bad image. */
    .globl x86_try_xrstor
    .balign 16
x86_try_xrstor:
    mov %esi, %eax
    xor %edx, %edx
1:  xrstor64 (%rdi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
    FIXUP 1b, 2b

    .globl x86_try_fxrstor
    .balign 16
x86_try_fxrstor:
1:  fxrstor64 (%rdi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
    FIXUP 1b, 2b

    .section .note.GNU-stack, "", @progbits
