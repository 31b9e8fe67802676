/* SPDX-License-Identifier: MIT */
/* Block devices of dom0 that a guest's disk is served from: the source itself, or a loop device over a file. */
#ifndef PVTOOLS_BLOCKDEV_H
#define PVTOOLS_BLOCKDEV_H

#include "lib/device.h"
#include "lib/error.h"

/*
 * A device that is held open. A loop device lives as long as somebody has it open, so that when the backend has
 * opened it and this is closed, it goes with the backend's use of it and nobody need clear it away. A lock on the file
 * goes with it: a file that one guest writes serves nobody else.
 */
struct pv_blockdev {
    int fd;
    unsigned int major, minor;
};

/* Opens the device for a disk. The error names the source. */
int pv_blockdev_open(const struct pv_disk *disk, struct pv_blockdev *device, struct pv_error *error);
void pv_blockdev_close(struct pv_blockdev *device);

#endif
