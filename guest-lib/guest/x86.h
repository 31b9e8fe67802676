/* SPDX-License-Identifier: MIT */
/* What a guest needs to know of the processor: page-table bits, flags, vectors, and a few instructions. */
#ifndef GUEST_X86_H
#define GUEST_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#define PT_ENTRIES 512
#define PT_LEVELS  4

#define PTE_P      (1ul << 0)
#define PTE_RW     (1ul << 1)
#define PTE_U      (1ul << 2)
#define PTE_PWT    (1ul << 3)
#define PTE_PCD    (1ul << 4)
#define PTE_A      (1ul << 5)
#define PTE_D      (1ul << 6)
#define PTE_PS     (1ul << 7)
#define PTE_PAT    (1ul << 7)
#define PTE_G      (1ul << 8)
#define PTE_AVAIL0 (1ul << 9)
#define PTE_NX     (1ul << 63)
#define PTE_FRAME  0x000ffffffffff000ul
/* What an ordinary page and what a pointer to a lower table carries. */
#define PTE_PAGE    (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define PTE_PAGE_RO (PTE_P | PTE_U | PTE_A | PTE_D)
#define PTE_TABLE   (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)

#define EFLAGS_CF   (1ul << 0)
#define EFLAGS_MBS  (1ul << 1)
#define EFLAGS_TF   (1ul << 8)
#define EFLAGS_IF   (1ul << 9)
#define EFLAGS_DF   (1ul << 10)
#define EFLAGS_IOPL (3ul << 12)
#define EFLAGS_NT   (1ul << 14)
#define EFLAGS_RF   (1ul << 16)
#define EFLAGS_VM   (1ul << 17)
#define EFLAGS_AC   (1ul << 18)

#define CR0_TS  (1ul << 3)
#define CR4_TSD (1ul << 2)
#define CR4_DE  (1ul << 3)

#define VECTOR_DE  0
#define VECTOR_DB  1
#define VECTOR_NMI 2
#define VECTOR_BP  3
#define VECTOR_OF  4
#define VECTOR_UD  6
#define VECTOR_NM  7
#define VECTOR_DF  8
#define VECTOR_TS  10
#define VECTOR_NP  11
#define VECTOR_SS  12
#define VECTOR_GP  13
#define VECTOR_PF  14
#define VECTOR_MF  16
#define VECTOR_AC  17
#define VECTOR_XM  19

#define PF_PRESENT  (1u << 0)
#define PF_WRITE    (1u << 1)
#define PF_USER     (1u << 2)
#define PF_RESERVED (1u << 3)
#define PF_FETCH    (1u << 4)

#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_EFER           0xc0000080u
#define MSR_PAT            0x277u
#define MSR_APIC_BASE      0x1bu

/* The instruction that stays untouched by the compiler and orders what it sees; x86 orders the stores
 * themselves. */
#define barrier()         __asm__ volatile("" ::: "memory")
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline uint64_t x86_rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline void x86_mfence(void)
{
    __asm__ volatile("mfence" ::: "memory");
}

static inline void x86_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static inline void x86_outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t x86_inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void x86_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "a"(leaf), "c"(subleaf));
}

/* CPUID as the hypervisor wants a guest to see it: the forced-emulation prefix, then the instruction. */
static inline void x86_cpuid_forced(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "a"(leaf), "c"(subleaf));
}

static inline uint64_t x86_read_rflags(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; popq %0" : "=r"(flags)::"memory");
    return flags;
}

#endif
