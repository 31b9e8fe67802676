/* SPDX-License-Identifier: MIT */
/* Where the hypervisor lives: L4 slots 256 to 271. docs/memory-layout.md has the picture. */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT_UL(n) n
#else
#define LAYOUT_UL(n) n##ull
#endif

#define LAYOUT_SLOT_FIRST   256
#define LAYOUT_SLOT_END     272
#define LAYOUT_SLOT_M2P     256
#define LAYOUT_SLOT_WINDOWS 260
#define LAYOUT_SLOT_IMAGE   261
#define LAYOUT_SLOT_DIRECT  262

/* Slot 256: the machine-to-physical table as guests read it; 2^35 entries of 8 bytes. */
#define LAYOUT_M2P      LAYOUT_UL(0xffff800000000000)
#define LAYOUT_M2P_SIZE LAYOUT_UL(0x4000000000)

/* Slot 260: descriptor windows of the running domain. A vCPU has 16 pages of GDT, then 16 of LDT. */
#define LAYOUT_WINDOWS      LAYOUT_UL(0xffff820000000000)
#define LAYOUT_WINDOW_PAGES 32
#define LAYOUT_WINDOW_SIZE  LAYOUT_UL(0x20000)

/* Slot 261: the frame table, the M2P's writable side, device registers, the image, and the CPUs' blocks. */
#define LAYOUT_FRAMES  LAYOUT_UL(0xffff828000000000)
#define LAYOUT_M2P_RW  LAYOUT_UL(0xffff82a000000000)
#define LAYOUT_DEVICES LAYOUT_UL(0xffff82cf00000000)
#define LAYOUT_IMAGE   LAYOUT_UL(0xffff82d000000000)
#define LAYOUT_CPUS    LAYOUT_UL(0xffff82d040000000)

/* Slots 262 to 271: all RAM. */
#define LAYOUT_DIRECT      LAYOUT_UL(0xffff830000000000)
#define LAYOUT_DIRECT_SIZE LAYOUT_UL(0x50000000000)

/* Where the image is loaded: physical. */
#define LAYOUT_LOAD 0x200000

/* Behind its start: the first instruction for a PVH loader. */
#define LAYOUT_PVH_OFFSET 0x10

/*
 * One CPU's block, aligned to its size so that any stack pointer in it leads to its data:
 *   page 0      its SYSCALL stubs, executable
 *   pages 2, 4, 6, 8    stacks for NMI, #MC, #DF, #DB; the pages between are not mapped
 *   pages 10 to 14      the main stack; the guest's registers stand at its top
 *   page 15     struct x86_cpu
 */
#define LAYOUT_CPU_SIZE      0x10000
#define LAYOUT_CPU_STUBS     0x0000
#define LAYOUT_CPU_NMI_END   0x3000
#define LAYOUT_CPU_MCE_END   0x5000
#define LAYOUT_CPU_DF_END    0x7000
#define LAYOUT_CPU_DB_END    0x9000
#define LAYOUT_CPU_STACK     0xa000
#define LAYOUT_CPU_STACK_END 0xf000
#define LAYOUT_CPU_DATA      0xf000
#define LAYOUT_CPU_MAPPED    0xfd55 /* a bit a page: 0, 2, 4, 6, 8, 10 to 15 */

/* The hypervisor's descriptors stand in page 14 of every GDT (the ABI's FIRST_RESERVED_GDT_PAGE). */
#define LAYOUT_GDT_PAGE     14
#define LAYOUT_CS           0xe008
#define LAYOUT_DS           0xe010
#define LAYOUT_GUEST_CS32   0xe023
#define LAYOUT_GUEST_SS     0xe02b
#define LAYOUT_GUEST_CS64   0xe033
#define LAYOUT_TSS          0xe040
#define LAYOUT_LDT          0xe050

#endif
