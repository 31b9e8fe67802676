/* SPDX-License-Identifier: MIT */
/* What the boot loader told this machine. */
#ifndef X86_LOADER_H
#define X86_LOADER_H

#include "lib/boot_info.h"

extern struct boot_info boot_info;

/*
 * Fills boot_info. magic is what the loader left in eax, address the physical address in ebx. On the boot
 * tables only. NULL, or what is wrong in words for a person.
 */
const char *x86_loader_read(uint32_t magic, uint32_t address) MUST_CHECK;

#endif
