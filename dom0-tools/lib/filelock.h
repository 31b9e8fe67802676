/* SPDX-License-Identifier: MIT */
/* The lock on a disk's source in dom0: one guest that writes, or several that read. */
#ifndef PVTOOLS_FILELOCK_H
#define PVTOOLS_FILELOCK_H

#include "lib/device.h"
#include "lib/error.h"

/* Takes the lock that the disk's access needs, on its open source. It is held while the open file is, by whomever (a
 * loop device, a server). A lock that another guest's disk holds is waited for, shortly; then it is an error. */
int pv_filelock_take(int fd, const struct pv_disk *disk, struct pv_error *error);

#endif
