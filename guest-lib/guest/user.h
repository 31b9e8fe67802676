/* SPDX-License-Identifier: MIT */
/*
 * Guest user mode: runs a function there, under a root of its own, until it makes a system call or traps.
 *
 * The user root holds the same image as the kernel's, so any function of the guest can run there; what tells
 * the two apart is the hypervisor's mode alone. Functions of user mode must not use the library: it belongs
 * to the kernel.
 */
#ifndef GUEST_USER_H
#define GUEST_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/layout.h"
#include "guest/trap.h"

typedef uint64_t user_function(uint64_t argument);

/* Makes the user root and stack, and tells the hypervisor; called by the first user_run. 0 or a negative
 * error. */
int user_init(void);
/* The user root, a page table that the kernel may change by pt_update. */
uint64_t *user_root(void);
/*
 * Runs fn(argument) in user mode and returns what it returned, with *frame as the system call left it
 * (vector ENTRY_SYSCALL). If it trapped instead, returns 0 and *frame says how.
 */
uint64_t user_run(user_function *fn, uint64_t argument, struct trap_frame *frame);
/* As user_run, with flags, selectors and stack of the caller's choice: frame holds rip, cs, rflags, rsp, ss,
 * rdi. */
void user_run_frame(struct trap_frame *frame);
/* True if user_run ended as it should, by its return. */
bool user_returned(const struct trap_frame *frame);

/* In user mode: a system call with a number and one argument; a hook of ENTRY_SYSCALL sees them in rax and
 * rdi. */
static inline uint64_t user_syscall(uint64_t number, uint64_t argument)
{
    uint64_t result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(argument) : "rcx", "r11", "memory");
    return result;
}

#endif
