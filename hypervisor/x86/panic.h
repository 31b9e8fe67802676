/* SPDX-License-Identifier: MIT */
/* The end: what is known goes to the console, with a symbolised backtrace, and the machine stops. */
#ifndef X86_PANIC_H
#define X86_PANIC_H

#include "lib/types.h"

struct cpu_user_regs;

void x86_panic_regs(const struct cpu_user_regs *regs, const char *format, ...) PRINTF_LIKE(2, 3) NORETURN;

/* For NMIs: whether a CPU has panicked, and where another CPU then stays. */
bool x86_panicking(void);
void x86_panic_other_cpu(const struct cpu_user_regs *regs) NORETURN;

/* The name of the function around an address and the offset in it; NULL if it is no code of the image. */
const char *x86_symbol(uintptr_t address, uintptr_t *offset);

#endif
