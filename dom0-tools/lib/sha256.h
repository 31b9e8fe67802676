/* SPDX-License-Identifier: MIT */
/* SHA-256, as FIPS 180-4 defines it. */
#ifndef PVTOOLS_SHA256_H
#define PVTOOLS_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define PV_SHA256_SIZE 32

void pv_sha256(const void *data, size_t size, uint8_t digest[PV_SHA256_SIZE]);

#endif
