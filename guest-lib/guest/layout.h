/* SPDX-License-Identifier: MIT */
/* The numbers that the assembly and the C of the guest library share. */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

/* Each vCPU has stacks of this size and alignment; the lowest word of each points at its struct vcpu. */
#define VCPU_STACK_SIZE 0x8000

/* XENFEAT_dom0: the image may be the first domain. */
#define GUEST_FEATURES (1 << 11)

/* Entries that are no processor's vectors, numbered after them. */
#define ENTRY_SYSCALL   256
#define ENTRY_SYSCALL32 257
#define ENTRY_SYSENTER  258
#define ENTRY_EVENT     259
#define ENTRY_FAILSAFE  260
#define ENTRY_NMI       261

#endif
