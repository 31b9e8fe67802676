/* SPDX-License-Identifier: MIT */
/* The lock on a disk's source, by flock(). */
#include "lib/filelock.h"

#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

/* A guest that was just destroyed lets go of its disks a moment later. */
#define BUSY_MS   3000
#define BUSY_STEP 20

int pv_filelock_take(int fd, const struct pv_disk *disk, struct pv_error *error)
{
    int how = disk->access == PV_ACCESS_READ_WRITE ? LOCK_EX : LOCK_SH;

    for (int waited = 0; flock(fd, how | LOCK_NB) != 0; waited += BUSY_STEP) {
        if (errno != EWOULDBLOCK || waited >= BUSY_MS) {
            return errno == EWOULDBLOCK
                       ? pv_error_set(error, PV_ERROR_FAILURE, "%s is in use by another guest%s", disk->source,
                                      how == LOCK_EX ? "" : " that writes to it")
                       : pv_error_errno(error, errno, "locking %s", disk->source);
        }
        usleep(BUSY_STEP * 1000);
    }
    return 0;
}
