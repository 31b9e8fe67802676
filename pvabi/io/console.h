/* SPDX-License-Identifier: MIT */
/* The page of a PV console: two rings of bytes. */
#ifndef PVABI_IO_CONSOLE_H
#define PVABI_IO_CONSOLE_H

#include <stdint.h>

/* Runs freely; mask it to index. */
typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
    char in[1024];                          /* to the guest */
    char out[2048];                         /* from the guest */
    XENCONS_RING_IDX in_cons, in_prod;
    XENCONS_RING_IDX out_cons, out_prod;
};

#endif /* PVABI_IO_CONSOLE_H */
