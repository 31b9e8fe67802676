/* SPDX-License-Identifier: MIT */
/* Assembly that may fault on a guest's values (x86/guest_copy.S), and where it goes on then. */
#ifndef X86_GUEST_COPY_H
#define X86_GUEST_COPY_H

#include "lib/types.h"

size_t x86_copy_guest(void *to, const void *from, size_t length);
size_t x86_copy_guest_8(void *to, const void *from);
size_t x86_clear_guest(void *to, size_t length);
bool x86_try_rdmsr(uint32_t msr, uint64_t *value);
bool x86_try_wrmsr(uint32_t msr, uint64_t value);
bool x86_load_ds(uint16_t selector);
bool x86_load_es(uint16_t selector);
bool x86_load_fs(uint16_t selector);
bool x86_load_gs(uint16_t selector);
void x86_load_gs_other(uint16_t selector);
bool x86_try_xrstor(const void *area, uint32_t mask);
bool x86_try_fxrstor(const void *area);

/* Where to go on after a fault at this instruction; 0: nowhere, the hypervisor is wrong. */
uintptr_t x86_extable_find(uintptr_t rip);

#endif
