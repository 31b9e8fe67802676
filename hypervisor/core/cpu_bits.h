/* SPDX-License-Identifier: MIT */
/*
 * Bits and numbers of the x86 architecture that a guest's CPU is made of. For core's .c files; x86/ has its
 * own.
 */
#ifndef CORE_CPU_BITS_H
#define CORE_CPU_BITS_H

#define EFLAGS_FIXED      0x2ull
#define EFLAGS_TF         0x100ull
#define EFLAGS_IF         0x200ull
#define EFLAGS_DF         0x400ull
#define EFLAGS_IOPL       0x3000ull
#define EFLAGS_IOPL_SHIFT 12
#define EFLAGS_NT         0x4000ull
#define EFLAGS_RF         0x10000ull
#define EFLAGS_VM         0x20000ull
#define EFLAGS_AC         0x40000ull

#define GUEST_CR0_TS         0x8ull
#define GUEST_CR4_TSD        0x4ull
#define GUEST_CR4_DE         0x8ull
#define GUEST_CR4_PAE        0x20ull
#define GUEST_CR4_MCE        0x40ull
#define GUEST_CR4_OSFXSR     0x200ull
#define GUEST_CR4_OSXMMEXCPT 0x400ull
#define GUEST_CR4_FSGSBASE   0x10000ull
#define GUEST_CR4_OSXSAVE    0x40000ull

#define VECTOR_DIVIDE             0u
#define VECTOR_DEBUG              1u
#define VECTOR_NMI                2u
#define VECTOR_BREAKPOINT         3u
#define VECTOR_OVERFLOW           4u
#define VECTOR_INVALID_OPCODE     6u
#define VECTOR_NO_DEVICE          7u
#define VECTOR_DOUBLE_FAULT       8u
#define VECTOR_INVALID_TSS        10u
#define VECTOR_STACK              12u
#define VECTOR_GENERAL_PROTECTION 13u
#define VECTOR_PAGE_FAULT         14u
#define VECTOR_ALIGNMENT          17u
#define VECTOR_CONTROL_PROTECTION 21u
#define VECTOR_EXCEPTIONS         32u

/* The vectors below 32 that push an error code. */
#define VECTORS_WITH_ERROR_CODE 0x60227d00u

#define PAGE_FAULT_PRESENT  1u
#define PAGE_FAULT_WRITE    2u
#define PAGE_FAULT_USER     4u
#define PAGE_FAULT_RESERVED 8u

/* A selector's error code: caused by an external event, an IDT gate, an LDT descriptor. */
#define SELECTOR_ERROR_EXT 1u
#define SELECTOR_ERROR_IDT 2u
#define SELECTOR_ERROR_TI  4u

#define DEBUG_STATUS_DEFAULT        0xffff0ff0ull
#define DEBUG_STATUS_RESERVED_ZERO  0x1000ull
#define DEBUG_STATUS_STEP           0x4000ull
#define DEBUG_CONTROL_DEFAULT       0x400ull
#define DEBUG_CONTROL_RESERVED_ZERO 0xdc00ull /* bits 11 to 15 but GD; RTM is bit 11 */
#define DEBUG_CONTROL_GD            0x2000ull
#define DEBUG_CONTROL_ENABLE        0xffull

#endif
