/* SPDX-License-Identifier: MIT */
/* What the bare machine's assembly and C share: addresses, selectors, vectors. */
#ifndef PORTING_BARE_H
#define PORTING_BARE_H

#define BARE_VIRT_BASE 0xffffffff80000000

#define BARE_KERNEL_CS 0x08
#define BARE_KERNEL_SS 0x10
#define BARE_USER_SS   0x18
#define BARE_USER_CS   0x20
#define BARE_TSS       0x28

#define BARE_STACK_SIZE 0x4000
/* Where the second CPU begins, in real mode. */
#define BARE_TRAMPOLINE 0x8000

#define BARE_VECTOR_TIMER    0x40
#define BARE_VECTOR_IPI      0x41
#define BARE_VECTOR_SPURIOUS 0xff
#define BARE_VECTORS         0x42

#define BARE_MSR_EFER    0xc0000080
#define BARE_EFER_SCE    0x001
#define BARE_EFER_LME    0x100
#define BARE_EFER_NXE    0x800
#define BARE_MSR_STAR    0xc0000081
#define BARE_MSR_LSTAR   0xc0000082
#define BARE_MSR_SFMASK  0xc0000084
#define BARE_MSR_KERNEL_GS 0xc0000102

#ifndef __ASSEMBLER__
#include <stdint.h>
extern uint64_t bare_root[512];
#endif

#endif
