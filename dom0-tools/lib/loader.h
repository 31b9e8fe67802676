/* SPDX-License-Identifier: MIT */
/* Content of files into frames of another domain. */
#ifndef PVTOOLS_LOADER_H
#define PVTOOLS_LOADER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/hypercall.h"

/* `size` bytes at `offset` of the file go to frames[0] on, beginning `skip` bytes into the first. */
struct pv_load {
    const uint64_t *frames;
    uint64_t skip, size, offset;
    int fd;
};

/*
 * Does the loads. Large ones go through a child process, for a reason that loader.c tells; it looks the same
 * from outside. Nothing stays mapped afterwards.
 */
int pv_loader_run(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count,
                  struct pv_error *error);

#endif
