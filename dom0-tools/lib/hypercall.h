/* SPDX-License-Identifier: MIT */
/* The way to the hypervisor: a context with an open privcmd device and memory that hypercalls may point at.
 */
#ifndef PVTOOLS_HYPERCALL_H
#define PVTOOLS_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct pv_ctx;

/* Opens the privcmd device. NULL on failure; the error's class is NO_HOST where this is no dom0. */
struct pv_ctx *pv_ctx_open(struct pv_error *error);

/* Closes it and gives its memory back. NULL is allowed. */
void pv_ctx_close(struct pv_ctx *ctx);

/* The file descriptor of privcmd, for mappings. */
int pv_ctx_privcmd(const struct pv_ctx *ctx);

/*
 * Memory for a hypercall's arguments. It is locked and never moves, is zero when given, and is aligned to 8
 * bytes. It is a stack: what was taken after a mark goes back at once with pv_ctx_release(mark). Each request
 * is at most PV_CTX_ARENA bytes, all that are held together too; more is a mistake of the caller's and
 * returns NULL.
 */
#define PV_CTX_ARENA (64U * 1024U)
size_t pv_ctx_mark(const struct pv_ctx *ctx);
void *pv_ctx_take(struct pv_ctx *ctx, size_t size);
void pv_ctx_release(struct pv_ctx *ctx, size_t mark);

/* One hypercall. Returns its result, 0 or more, or a negative errno. Not for threads that share a context. */
long pv_hypercall(struct pv_ctx *ctx, unsigned int number, const uint64_t arguments[5]);

/* Shorthands for the usual counts of arguments; pointers must be to memory of pv_ctx_take. */
long pv_hypercall1(struct pv_ctx *ctx, unsigned int number, void *argument);
long pv_hypercall2(struct pv_ctx *ctx, unsigned int number, uint64_t command, void *argument);

#endif
