/* SPDX-License-Identifier: MIT */
/*
 * A wrapper for every hypercall, made from the one list: hypercall_NAME(argument, ...) takes and returns
 * plain words.
 *
 * A pointer is passed as HARG(pointer). The call is an inline SYSCALL, or goes through the hypercall page
 * that the hypervisor filled while hypercall_by_page is set: the two must not differ.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

#define HARG(pointer) ((unsigned long)(pointer))

#define HYPERCALL_PAGE_SLOT 32

extern char hypercall_page[];
extern bool hypercall_by_page;

/* Any number, with up to five arguments; unused ones are 0. Returns what the hypervisor left in rax. */
static inline long hypercall(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3,
                             unsigned long a4, unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    long result = (long)number;

    if (hypercall_by_page) {
        __asm__ volatile("call *%[slot]"
                         : "+a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                         : [slot] "r"(hypercall_page + number * HYPERCALL_PAGE_SLOT)
                         : "rcx", "r11", "memory");
    } else {
        __asm__ volatile("syscall"
                         : "+a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                         :
                         : "rcx", "r11", "memory");
    }
    return result;
}

#define HYPERCALL_WRAPPER_0(number, name)        \
    static inline long hypercall_##name(void)    \
    {                                            \
        return hypercall(number, 0, 0, 0, 0, 0); \
    }
#define HYPERCALL_WRAPPER_1(number, name)                 \
    static inline long hypercall_##name(unsigned long a1) \
    {                                                     \
        return hypercall(number, a1, 0, 0, 0, 0);         \
    }
#define HYPERCALL_WRAPPER_2(number, name)                                   \
    static inline long hypercall_##name(unsigned long a1, unsigned long a2) \
    {                                                                       \
        return hypercall(number, a1, a2, 0, 0, 0);                          \
    }
#define HYPERCALL_WRAPPER_3(number, name)                                                     \
    static inline long hypercall_##name(unsigned long a1, unsigned long a2, unsigned long a3) \
    {                                                                                         \
        return hypercall(number, a1, a2, a3, 0, 0);                                           \
    }
#define HYPERCALL_WRAPPER_4(number, name)                                                     \
    static inline long hypercall_##name(unsigned long a1, unsigned long a2, unsigned long a3, \
                                        unsigned long a4)                                     \
    {                                                                                         \
        return hypercall(number, a1, a2, a3, a4, 0);                                          \
    }
#define HYPERCALL_WRAPPER_5(number, name)                                                     \
    static inline long hypercall_##name(unsigned long a1, unsigned long a2, unsigned long a3, \
                                        unsigned long a4, unsigned long a5)                   \
    {                                                                                         \
        return hypercall(number, a1, a2, a3, a4, a5);                                         \
    }

#define PVABI_HYPERCALL(number, name, argument_count, who, preempt) \
    HYPERCALL_WRAPPER_##argument_count(number, name)
#include "pvabi/hypercall-list.h"
#undef PVABI_HYPERCALL

#endif
