/* SPDX-License-Identifier: MIT */
/*
 * The domain builder: fills an empty PV domain with a kernel, a ramdisk and all that Xen's interface promises
 * to a kernel at its start. It has two steps: what can be known without a domain is checked in the first.
 */
#ifndef PVTOOLS_BUILDER_H
#define PVTOOLS_BUILDER_H

#include <stdint.h>

#include "lib/hypercall.h"
#include "lib/image.h"
#include "lib/layout.h"

struct pv_build {
    /* Given before pv_build_prepare: */
    const char *kernel_path;
    const char *ramdisk_path; /* NULL: none */
    const char *command_line; /* shorter than MAX_GUEST_CMDLINE */
    uint64_t pages;

    /* Found by it: */
    struct pv_image kernel;
    int ramdisk_fd; /* -1: none */
    uint64_t ramdisk_size;
    struct pv_layout layout;

    /* Given before pv_build_domain: */
    uint16_t domid;
    uint32_t store_port, console_port; /* unbound ports in the domain */
    uint64_t memory_map_bytes;         /* RAM that the domain is told of */

    /* Found by it: machine frames of the rings. */
    uint64_t store_frame, console_frame;
};

/* Opens the files, judges the kernel and lays out the domain. Touches no domain. */
int pv_build_prepare(struct pv_build *build, struct pv_error *error);

/*
 * Gives the domain its memory and fills it, pins its page tables and sets its first vCPU. The domain must be
 * new, with vCPUs and its memory limit set. After a failure the domain is only fit to be destroyed.
 */
int pv_build_domain(struct pv_ctx *ctx, struct pv_build *build, struct pv_error *error);

/* Closes the files. Also for one that was never prepared but is zero-filled with ramdisk_fd -1. */
void pv_build_close(struct pv_build *build);

#endif
