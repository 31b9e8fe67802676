/* SPDX-License-Identifier: MIT */
/* The entry point, the boot stack, the hypercall page, and the ELF notes that a domain builder reads. */
#include "guest/layout.h"
#include "pvabi/elfnote.h"

    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    mov %rsi, %rdi                      /* start_info */
    lea vcpu_boot_stack + VCPU_STACK_SIZE(%rip), %rsp
    xor %ebp, %ebp
    call guest_start
    ud2
    .size _start, . - _start

    .globl vcpu_secondary_start
    .type vcpu_secondary_start, @function
vcpu_secondary_start:
    xor %ebp, %ebp
    call vcpu_secondary_main
    ud2
    .size vcpu_secondary_start, . - vcpu_secondary_start

    .section .text.hypercall_page, "ax"
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @object
hypercall_page:
    .skip 4096, 0xcc
    .size hypercall_page, 4096

    .section .bss
    .balign VCPU_STACK_SIZE
    .globl vcpu_boot_stack
vcpu_boot_stack:
    .skip VCPU_STACK_SIZE

    /* A note: the sizes of its name and of its content, its type, its name "Xen", its content. */
    .macro note_text type, text
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  .asciz "\text"
2:  .balign 4
    .endm

    .macro note_word type, value
    .long 4, 8, \type
    .asciz "Xen"
    .quad \value
    .endm

    .macro note_long type, value
    .long 4, 4, \type
    .asciz "Xen"
    .long \value
    .endm

    .section .note.Xen, "a", @note
    note_text XEN_ELFNOTE_GUEST_OS, "Parvis guest library"
    note_text XEN_ELFNOTE_GUEST_VERSION, "1"
    note_text XEN_ELFNOTE_LOADER, "generic"
    note_text XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
    note_text XEN_ELFNOTE_PAE_MODE, "yes"
    note_word XEN_ELFNOTE_VIRT_BASE, guest_virt_base
    note_word XEN_ELFNOTE_PADDR_OFFSET, 0
    note_word XEN_ELFNOTE_ENTRY, _start
    note_word XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page
    note_long XEN_ELFNOTE_SUSPEND_CANCEL, 1
    note_long XEN_ELFNOTE_SUPPORTED_FEATURES, GUEST_FEATURES

    .section .note.GNU-stack, "", @progbits
