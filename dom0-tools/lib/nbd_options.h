/* SPDX-License-Identifier: MIT */
/* What qemu-nbd is told of a disk: its format and limits. */
#ifndef PVTOOLS_NBD_OPTIONS_H
#define PVTOOLS_NBD_OPTIONS_H

#include <limits.h>

#include "lib/device.h"

/* Room for the longest source with every comma doubled, and the words around it. */
#define PV_NBD_IMAGE  (2 * PATH_MAX + 128)
#define PV_NBD_LIMITS 512

/* The argument of `--object` for a disk with limits: a group of limits. Returns text. */
char *pv_nbd_limits_option(const struct pv_disk *disk, char text[PV_NBD_LIMITS]);

/* The image of a disk with limits, in the words of `--image-opts`. Returns text. */
char *pv_nbd_image_option(const struct pv_disk *disk, char text[PV_NBD_IMAGE]);

/* How long a request to the disk may take until its server counts as stuck, in seconds: as long as the limits may hold
 * back all that can be under way, and then what any server has. */
uint64_t pv_nbd_answer_s(const struct pv_disk *disk);

#endif
