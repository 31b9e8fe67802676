/* SPDX-License-Identifier: MIT */
/* A place in the program to come back to, as setjmp and longjmp. */
#ifndef GUEST_JUMP_H
#define GUEST_JUMP_H

#include <stdint.h>

struct jump {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

/* Returns 0 at once, and again, with `value`, for each jump_restore. The caller's frame must still exist
 * then. */
int jump_save(struct jump *jump) __attribute__((returns_twice));
void jump_restore(const struct jump *jump, int value) __attribute__((noreturn));

#endif
