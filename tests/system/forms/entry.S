/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of the guest that looks at its start of day, and what it says of itself, by FORM_* macros (see
 * CMakeLists.txt). It uses no library: nothing may have been touched before its checks.
 */
#include "pvabi/elfnote.h"

    .section .hypercall_page, "ax"
    .globl hypercall_page
hypercall_page:
    .skip 4096, 0xcc

    .section .text.start, "ax"
    .globl _start
_start:
    mov %rax, form_registers + 0 * 8(%rip)
    mov %rbx, form_registers + 1 * 8(%rip)
    mov %rcx, form_registers + 2 * 8(%rip)
    mov %rdx, form_registers + 3 * 8(%rip)
    mov %rsi, form_registers + 4 * 8(%rip)
    mov %rdi, form_registers + 5 * 8(%rip)
    mov %rbp, form_registers + 6 * 8(%rip)
    mov %rsp, form_registers + 7 * 8(%rip)
    mov %r8, form_registers + 8 * 8(%rip)
    mov %r9, form_registers + 9 * 8(%rip)
    mov %r10, form_registers + 10 * 8(%rip)
    mov %r11, form_registers + 11 * 8(%rip)
    mov %r12, form_registers + 12 * 8(%rip)
    mov %r13, form_registers + 13 * 8(%rip)
    mov %r14, form_registers + 14 * 8(%rip)
    mov %r15, form_registers + 15 * 8(%rip)
    pushfq                      /* the stack is one that can be used */
    popq form_registers + 16 * 8(%rip)
    lea form_stack_end(%rip), %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call form_main
    ud2

/* User code: a system call of old style, and what the kernel made of its argument must have come back. */
    .globl form_user, form_user_end
form_user:
    mov $41, %eax
    int $0x20
    cmp $42, %eax
    jne 1f
    int $0x21
1:  int $0x22

/* int $0x20 of the user: one more than it gave. A PV bounce frame has rcx and r11 on top. */
    .globl form_trap_add
form_trap_add:
    pop %rcx
    pop %r11
    inc %eax
    /* iret's frame: rax, r11, rcx, flags; then rip, cs, rflags, rsp, ss are there already */
    push $0
    push %rcx
    push %r11
    push %rax
    mov $23, %eax               /* __HYPERVISOR_iret */
    syscall
    ud2

    .globl form_trap_done, form_trap_wrong
form_trap_done:
    lea form_stack_end(%rip), %rsp
    mov $1, %edi
    call form_user_returned
    ud2
form_trap_wrong:
    lea form_stack_end(%rip), %rsp
    xor %edi, %edi
    call form_user_returned
    ud2

    .bss
    .balign 4096
    .skip 16384
form_stack_end:
    .globl form_registers
form_registers:
    .skip 17 * 8

    .macro note_text type, text
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  .asciz "\text"
2:  .balign 4
    .endm

    .macro note_quad type, value
    .long 4, 8, \type
    .asciz "Xen"
    .quad \value
    .endm

    .macro note_long type, value
    .long 4, 4, \type
    .asciz "Xen"
    .long \value
    .endm

#ifdef FORM_LEGACY
    .section __xen_guest, "a"
    .ascii "GUEST_OS=form,GUEST_VER=1,XEN_VER=xen-3.0,LOADER=generic,PAE=yes[extended-cr3],"
    .ascii "FEATURES=pae_pgdir_above_4gb|of_another_world,"
    .asciz FORM_LEGACY
    .asciz "VIRT_BASE=0x7000000"    /* behind the NUL: not read */
#else
    .section .note.Xen, "a", @note
    note_text XEN_ELFNOTE_GUEST_OS, "form"
    note_text XEN_ELFNOTE_GUEST_VERSION, "0"
    note_text XEN_ELFNOTE_LOADER, "generic"
    note_text XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
    note_text XEN_ELFNOTE_PAE_MODE, "yes"
    note_text XEN_ELFNOTE_FEATURES, FORM_FEATURES
#ifdef FORM_PAGE
    note_quad XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page
#endif
#ifdef FORM_VIRT_BASE
    note_quad XEN_ELFNOTE_VIRT_BASE, form_base
    note_quad XEN_ELFNOTE_ENTRY, _start
#endif
#ifdef FORM_OFFSET
    note_quad XEN_ELFNOTE_PADDR_OFFSET, form_load
#endif
#ifdef FORM_INIT_P2M
    note_quad XEN_ELFNOTE_INIT_P2M, 0x8000000000
#endif
#ifdef FORM_MOD_START_PFN
    note_long XEN_ELFNOTE_MOD_START_PFN, 1
    note_long XEN_ELFNOTE_SUSPEND_CANCEL, 1
    note_long XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801
#endif
#endif

    .section .note.GNU-stack, "", @progbits
