/* SPDX-License-Identifier: MIT */
/* The serial port of the hypervisor's console: a 16550 at COM1 or COM2. */
#ifndef X86_SERIAL_H
#define X86_SERIAL_H

#include "lib/types.h"

/* Early: 115200 8n1 on COM1. x86_serial_configure takes Xen's com1=/com2= value ("115200,8n1") and says what
 * is wrong in it. */
void x86_serial_init(void);
const char *x86_serial_configure(unsigned int com, const char *value);

/* Chooses the port of the console: 1 or 2; 0 for none. */
void x86_serial_select(unsigned int com);

/* First I/O port of the UART in use, 0 if none, and its ISA interrupt. */
uint16_t x86_serial_port(void);
unsigned int x86_serial_irq(void);

/* Turns the receive interrupt on; and handles it: hands what came in to the console. */
void x86_serial_enable_input(void);
void x86_serial_interrupt(void);

#endif
