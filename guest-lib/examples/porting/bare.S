/* SPDX-License-Identifier: MIT */
/* The bare machine's start in both CPUs, and its entries; a PV guest has the first not at all. */
#include "bare.h"
#include "guest/layout.h"

#define PHYS(symbol) (symbol - BARE_VIRT_BASE)
#define CR0_PE       1
#define CR0_PG       0x80000000
#define CR0_WP       0x10000
#define CR4_PAE      0x20
#define TABLE_BITS   3
#define LARGE_PAGE   0x83
#define GIB_TABLES   4

    /* QEMU's -kernel enters here in 32-bit mode without paging: the PVH start (note 18). */
    .section .note.Xen, "a", @note
    .long 4, 4, 18
    .asciz "Xen"
    .long PHYS(bare_start)

    .section .text.start, "ax"
    .code32
    .globl bare_start
bare_start:
    cld
    /* 4 GiB by pages of 2 MiB, seen at 0 and, its first GiB, at the kernel's base. */
    mov $PHYS(directories), %edi
    mov $LARGE_PAGE, %eax
    mov $(GIB_TABLES * 512), %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $PHYS(directories) + TABLE_BITS, %eax
    mov $PHYS(low_pointers), %edi
    mov $GIB_TABLES, %ecx
2:  mov %eax, (%edi)
    add $0x1000, %eax
    add $8, %edi
    loop 2b
    movl $PHYS(directories) + TABLE_BITS, PHYS(high_pointers) + 510 * 8
    movl $PHYS(low_pointers) + TABLE_BITS, PHYS(bare_root)
    movl $PHYS(high_pointers) + TABLE_BITS, PHYS(bare_root) + 511 * 8
    movl $PHYS(directories) + 3 * 0x1000 + TABLE_BITS, PHYS(high_pointers) + 511 * 8
    mov $PHYS(first_stack) + BARE_STACK_SIZE, %esp
    mov $PHYS(bare_main), %ebx

    /* Both CPUs: protected mode, flat, no paging; ebx is where to go, esp the stack's top, both physical. */
long_mode:
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(bare_root), %eax
    mov %eax, %cr3
    mov $BARE_MSR_EFER, %ecx
    rdmsr
    or $(BARE_EFER_SCE | BARE_EFER_LME | BARE_EFER_NXE), %eax
    wrmsr
    mov $(CR0_PG | CR0_WP | CR0_PE), %eax
    mov %eax, %cr0
    lgdt PHYS(boot_gdt_pointer)
    ljmp $BARE_KERNEL_CS, $PHYS(long_low)

    .code64
long_low:
    mov $BARE_KERNEL_SS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %ebx, %ebx
    mov %esp, %esp
    movabs $BARE_VIRT_BASE, %rax
    add %rax, %rsp
    add %rax, %rbx
    xor %ebp, %ebp
    call *%rbx
    ud2

    /* Copied to BARE_TRAMPOLINE; the second CPU comes in real mode with cs = BARE_TRAMPOLINE / 16. */
    .globl bare_trampoline, bare_trampoline_end
    .code16
bare_trampoline:
    cli
    xor %ax, %ax
    mov %ax, %ds
    lgdtl BARE_TRAMPOLINE + (trampoline_gdt_pointer - bare_trampoline)
    mov $CR0_PE, %eax
    mov %eax, %cr0
    ljmpl $BARE_KERNEL_CS, $(BARE_TRAMPOLINE + (trampoline_32 - bare_trampoline))
    .code32
trampoline_32:
    mov $BARE_KERNEL_SS, %eax
    mov %eax, %ds
    mov %eax, %ss
    mov $PHYS(second_stack) + BARE_STACK_SIZE, %esp
    mov $PHYS(bare_second), %ebx
    mov $PHYS(long_mode), %eax
    jmp *%eax
    .balign 8
trampoline_gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
trampoline_gdt_pointer:
    .short . - trampoline_gdt - 1
    .long BARE_TRAMPOLINE + (trampoline_gdt - bare_trampoline)
bare_trampoline_end:
    .code64

    .text
    /* 16 bytes for each vector below BARE_VECTORS: the error code where the CPU pushes none, and the number. */
    .globl bare_stubs
    .balign 16
bare_stubs:
    .set number, 0
    .rept BARE_VECTORS
    .balign 16
    .if !((number == 8) || (number >= 10 && number <= 14) || (number == 17) || (number == 21))
    push $0
    .endif
    push $number
    jmp common
    .set number, number + 1
    .endr

    .globl bare_syscall
bare_syscall:
    swapgs
    mov %rsp, %gs:8
    mov %gs:0, %rsp
    push $(BARE_USER_SS | 3)
    push %gs:8
    swapgs
    push %r11
    push $(BARE_USER_CS | 3)
    push %rcx
    push $0
    push $ENTRY_SYSCALL

common:
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
    call bare_enter
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
    add $16, %rsp
    iretq

    .globl bare_spurious
bare_spurious:
    iretq

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_pointer:
    .short . - boot_gdt - 1
    .quad PHYS(boot_gdt)

    .section .bss
    .balign 4096
    .globl bare_root
bare_root:
    .skip 4096
low_pointers:
    .skip 4096
high_pointers:
    .skip 4096
directories:
    .skip GIB_TABLES * 4096
first_stack:
    .skip BARE_STACK_SIZE
second_stack:
    .skip BARE_STACK_SIZE

    .section .note.GNU-stack, "", @progbits
