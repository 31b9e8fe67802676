/* SPDX-License-Identifier: MIT */
/* Registers of devices at any machine address. */
#ifndef X86_DEVICE_H
#define X86_DEVICE_H

#include "lib/types.h"

/* Makes each CPU's window; `physical` is a page of registers that nothing happens to when it is mapped. Boot only. */
void x86_device_init(uint64_t physical);

#endif
