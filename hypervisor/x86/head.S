/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of the machine's first CPU (32-bit, as multiboot leaves it) and of the others (real mode),
 * up to 64-bit code on the boot tables. The boot tables map the low 4 GiB one to one and at LAYOUT_DIRECT, and the
 * first GiB at LAYOUT_IMAGE; x86/page_table.c replaces them.
 */
#include "x86/layout.h"

#define PHYS(symbol) ((symbol) - LAYOUT_IMAGE)
#define PTE_TABLE 0x3    /* present, writable */
#define PTE_LARGE 0x83

    .section .head, "ax"
    .code32
    .globl image_head
image_head:
    jmp head_start32

    /* PVH enters 16 bytes behind the image's start (x86/container/pvh.S), with start_info's address in ebx. */
    .org image_head + LAYOUT_PVH_OFFSET
    mov $0x336ec578, %eax       /* in place of multiboot's magic */
    jmp head_start32

    .align 4
multiboot1_header:
    .long 0x1badb002
    .long 0x00000003            /* modules on pages, memory information */
    .long -(0x1badb002 + 0x00000003)

    .align 8
multiboot2_header:
    .long 0xe85250d6
    .long 0                     /* i386 protected mode */
    .long multiboot2_end - multiboot2_header
    .long -(0xe85250d6 + (multiboot2_end - multiboot2_header))
    /* Information: command line (1), modules (3), memory map (6); wanted too: EFI (12, 17), ACPI (14, 15). */
    .word 1, 0
    .long 8 + 3 * 4
    .long 1, 3, 6
    .align 8
    .word 1, 1                  /* optional */
    .long 8 + 4 * 4
    .long 12, 14, 15, 17
    .align 8
    .word 6, 0                  /* modules on pages */
    .long 8
    .word 0, 0
    .long 8
multiboot2_end:

    .globl head_start32
head_start32:
    cli
    cld
    mov $PHYS(boot_block + LAYOUT_CPU_STACK_END), %esp
    call 1f                     /* where we are: the container could have been moved only by a broken loader */
1:  pop %ebp
    sub $(1b - image_head), %ebp
    cmp $LAYOUT_LOAD, %ebp
    jne head_misplaced
    mov %eax, %esi              /* multiboot magic */
    mov %ebx, %edi              /* information */

    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb head_no_long_mode
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc head_no_long_mode

    /* Four L2 tables with 2 MiB pages for the low 4 GiB. */
    mov $PHYS(boot_l2), %edx
    mov $PTE_LARGE, %eax
    mov $2048, %ecx
1:  mov %eax, (%edx)
    movl $0, 4(%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 1b

    mov $PHYS(boot_l2) + PTE_TABLE, %eax
    mov $PHYS(boot_l3_low), %edx
    mov $PHYS(boot_l3_direct), %ebx
    mov $4, %ecx
1:  mov %eax, (%edx)
    mov %eax, (%ebx)
    add $0x1000, %eax
    add $8, %edx
    add $8, %ebx
    loop 1b
    movl $PHYS(boot_l2) + PTE_TABLE, PHYS(boot_l3_image) + 320 * 8  /* LAYOUT_IMAGE's L3 entry */

    movl $PHYS(boot_l3_low) + PTE_TABLE, PHYS(boot_l4)
    movl $PHYS(boot_l3_image) + PTE_TABLE, PHYS(boot_l4) + LAYOUT_SLOT_IMAGE * 8
    movl $PHYS(boot_l3_direct) + PTE_TABLE, PHYS(boot_l4) + LAYOUT_SLOT_DIRECT * 8

    call head_long_mode
    lgdt PHYS(head_gdt_pointer)
    ljmp $0x08, $PHYS(head_start64)

/* Turns on PAE, long mode and NX, and paging on boot_l4. Clobbers eax, ecx, edx. */
head_long_mode:
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x900, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax        /* PG, WP, PE */
    mov %eax, %cr0
    ret

head_no_long_mode:
    mov $PHYS(message_no_long_mode), %esi
    jmp head_say
head_misplaced:
    lea message_misplaced - image_head(%ebp), %esi
/* Says why on the first serial port and on the screen, and stops. */
head_say:
    mov $0xb8000, %edi
1:  lodsb
    test %al, %al
    jz 3f
    mov %al, (%edi)
    movb $0x07, 1(%edi)
    add $2, %edi
    mov %al, %bl
    mov $0x3fd, %dx
    mov $100000, %ecx
2:  in %dx, %al
    test $0x20, %al
    loopz 2b
    mov $0x3f8, %dx
    mov %bl, %al
    out %al, %dx
    jmp 1b
3:  hlt
    jmp 3b

message_no_long_mode:
    .asciz "Parvis: this CPU has no 64-bit mode; Parvis needs an x86-64 CPU.\r\n"
message_misplaced:
    .asciz "Parvis: the boot loader did not load the image at 2 MiB as its header asks.\r\n"

    .code64
head_start64:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lea boot_block + LAYOUT_CPU_STACK_END(%rip), %rsp
    movabs $1f, %rax            /* to the linked address */
    jmp *%rax
1:  lea boot_block + LAYOUT_CPU_STACK_END(%rip), %rsp
    xor %ebp, %ebp
    mov %esi, %esi
    mov %edi, %edx
    mov %esi, %edi              /* magic */
    mov %edx, %esi              /* information */
    call boot_start
    ud2

/*
 * Other CPUs start here in real mode, copied to a page below 1 MiB: cs is that page. The words at its end are filled in
 * by x86/smp.c.
 */
    .code16
    .globl trampoline_start, trampoline_end, trampoline_stack, trampoline_root
trampoline_start:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    lgdtl trampoline_gdt_pointer - trampoline_start
    mov %cr0, %eax
    or $1, %eax
    mov %eax, %cr0
    ljmpl *(trampoline_far32 - trampoline_start)
    .code32
    .globl trampoline32
trampoline32:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %ss
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    rdmsr
    or $0x900, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax
    and $0x9fffffff, %eax       /* caches on */
    mov %eax, %cr0
    ljmp $0x08, $PHYS(trampoline64)
    .align 8
trampoline_far32:
    .long 0                     /* physical address of trampoline32 in the copy */
    .word 0x18
    .align 8
trampoline_gdt_pointer:
    .word head_gdt_end - head_gdt - 1
    .long PHYS(head_gdt)
trampoline_end:
    .globl trampoline_far32

    .code64
trampoline64:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    movabs $1f, %rax
    jmp *%rax
1:  mov trampoline_root(%rip), %rax
    mov %rax, %cr3
    mov trampoline_stack(%rip), %rsp
    xor %ebp, %ebp
    call x86_ap_start
    ud2

    .align 8
head_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* 0x08 code, 64 bit */
    .quad 0x00cf93000000ffff    /* 0x10 data */
    .quad 0x00cf9b000000ffff    /* 0x18 code, 32 bit */
head_gdt_end:
head_gdt_pointer:
    .word head_gdt_end - head_gdt - 1
    .long PHYS(head_gdt)

    .data
    .align 8
trampoline_stack:
    .quad 0                     /* of the CPU that starts now */
trampoline_root:
    .quad 0                     /* x86_idle_l4, physical */

    .section .bss.aligned, "aw", @nobits
    .globl boot_l4, boot_l3_image, boot_l3_direct, boot_block
    .balign LAYOUT_CPU_SIZE
boot_block:
    .skip LAYOUT_CPU_SIZE
    .balign 4096
boot_l4:
    .skip 4096
boot_l3_low:
    .skip 4096
boot_l3_image:
    .skip 4096
boot_l3_direct:
    .skip 4096
boot_l2:
    .skip 4 * 4096

    .section .note.GNU-stack, "", @progbits
