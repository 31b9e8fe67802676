/* SPDX-License-Identifier: MIT */
/*
 * Disks in formats of QEMU: `qemu-nbd` reads and writes the image, and the kernel's NBD client makes a block device of
 * it. The process ends when the connection does, and that ends when the last one closes the device.
 */
#ifndef PVTOOLS_NBD_H
#define PVTOOLS_NBD_H

#include "lib/device.h"
#include "lib/error.h"

/* Starts the process for a disk and opens its device: a descriptor, or -1. The error says what qemu-nbd said. */
int pv_nbd_open(const struct pv_disk *disk, struct pv_error *error);

#endif
