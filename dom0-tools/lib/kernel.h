/* SPDX-License-Identifier: MIT */
/* A kernel file as the domain builder needs it: the ELF file, taken out of a bzImage where it is in one. */
#ifndef PVTOOLS_KERNEL_H
#define PVTOOLS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* No unpacked kernel is larger; a file that claims more is refused before memory is spent on it. */
#define PV_KERNEL_MAX (512UL * 1024 * 1024)

/* Where the kernel lies in a file, and how it is packed. */
struct pv_payload {
    const uint8_t *data;
    size_t size;
    size_t unpacked_size;
    const struct pv_unpacker *unpacker; /* NULL: it is the ELF file itself */
};

/* A way of packing; each one is a file of its own and the only one that names its library. */
struct pv_unpacker {
    const char *name;
    uint8_t magic[6];
    size_t magic_size;
    bool size_appended; /* Linux's build puts the unpacked size behind it; else the format ends with it */
    /* Fills exactly `out_size` bytes or fails. */
    int (*unpack)(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, struct pv_error *error);
};

extern const struct pv_unpacker pv_unpack_gzip, pv_unpack_xz, pv_unpack_lzma, pv_unpack_zstd, pv_unpack_lz4;

/*
 * Finds the kernel in a bzImage, a gzip'd ELF file or an ELF file that lies in memory. Nothing is unpacked.
 * Errors read on from the file's name: "is neither ...".
 */
int pv_kernel_find(const uint8_t *data, size_t size, struct pv_payload *payload, struct pv_error *error);

/* Unpacks into `out`, which holds payload->unpacked_size bytes. */
int pv_kernel_unpack(const struct pv_payload *payload, uint8_t *out, struct pv_error *error);

#endif
