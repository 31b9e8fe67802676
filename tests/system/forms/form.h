/* SPDX-License-Identifier: MIT */
/* What the guest of form.c has instead of a library. */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/xen.h"
#include "pvabi/io/console.h"

/* Must come first: finds the console. */
void form_print_init(struct start_info *info, unsigned long base);
void form_print(const char *text);
bool form_starts(const char *text, const char *with);
/* Says the status on the second serial port, if it is the first domain's to drive, and shuts down. */
void form_end(int status);

static inline long form_hypercall(unsigned long number, unsigned long a, unsigned long b, unsigned long c,
                                  unsigned long d)
{
    register unsigned long r10 __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     : "a"(number)
                     : "rcx", "r11", "memory");
    return result;
}

/* A call without arguments, through the hypercall page. */
static inline long form_call_page(unsigned long number)
{
    extern char hypercall_page[];
    unsigned long a = 0, b = 0;
    long result;

    __asm__ volatile("call *%3"
                     : "=a"(result), "+D"(a), "+S"(b)
                     : "r"(hypercall_page + number * 32)
                     : "rcx", "rdx", "r10", "r11", "memory");
    return result;
}

/* frame: rax, r11, rcx, flags, rip, cs, rflags, rsp, ss. */
static inline void form_iret(const unsigned long *frame)
{
    __asm__ volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall" ::"r"(frame), "i"(__HYPERVISOR_iret)
                     : "memory");
    __builtin_unreachable();
}

static inline unsigned int form_selector_cs(void)
{
    unsigned int value;

    __asm__ volatile("mov %%cs, %0" : "=r"(value));
    return value;
}

static inline unsigned int form_selector_ss(void)
{
    unsigned int value;

    __asm__ volatile("mov %%ss, %0" : "=r"(value));
    return value;
}

static inline unsigned int form_selectors_data(void)
{
    unsigned int ds, es, fs, gs;

    __asm__ volatile("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
                     : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return ds | es | fs | gs;
}

#endif
