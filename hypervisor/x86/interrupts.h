/* SPDX-License-Identifier: MIT */
/* The hypervisor's own device interrupt. */
#ifndef X86_INTERRUPTS_H
#define X86_INTERRUPTS_H

/* Takes the console UART's interrupt for the hypervisor; no domain gets it. */
void x86_interrupts_take_serial(void);

#endif
