/* SPDX-License-Identifier: MIT */
/* A domain with one vCPU on the tests' machine, and memory for its code and stacks. */
#ifndef CPU_BENCH_H
#define CPU_BENCH_H

#include "core/domain.h"
#include "fake.h"

#define BENCH_CODE       0xffffffff81000000ull
#define BENCH_STACK      0xffff888000010000ull /* the kernel's stack ends here */
#define BENCH_USER_CODE  0x400000ull
#define BENCH_USER_STACK 0x7ffffff000ull
#define BENCH_DATA       0x600000ull
#define BENCH_HANDLER    0xffffffff81800000ull /* of vector n: plus n */

struct bench {
    struct domain *d;
    struct vcpu *v;
    struct cpu_user_regs *regs;
    uint8_t *code, *user_code, *data; /* 4096 bytes each */
    uint64_t *stack_end, *user_stack_end;
};

/* The bench is ready: the vCPU runs in kernel mode, has handlers for all vectors and events, and masks none. */
struct bench *bench_start(bool privileged);

/* The vCPU goes to user mode, at BENCH_USER_CODE with its own stack. */
void bench_to_user(struct bench *b);

/* Puts instruction bytes (hexadecimal) where rip points. */
void bench_code(struct bench *b, const char *hex);

/* An exception as the machine reports it, with what follows until the guest runs again. */
void bench_exception(struct bench *b, unsigned int vector, uint32_t error_code);

/* Runs one privileged instruction; true if it was emulated and rip is behind it. */
bool bench_run(struct bench *b, const char *hex);

/* Runs it and goes back, so that the next one starts where it did. */
bool bench_run_again(struct bench *b, const char *hex);

/* Whether the vCPU is now at the handler of a vector. */
bool bench_at_handler(const struct bench *b, unsigned int vector);

/* Whether the domain was crashed. */
bool bench_crashed(const struct bench *b);

#endif
