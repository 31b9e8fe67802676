/* SPDX-License-Identifier: MIT */
/* Block devices of dom0 that a guest's disk is served from. */
#include "lib/blockdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/filelock.h"
#include "lib/module.h"
#include "lib/nbd.h"

#define BACKENDS "/sys/bus/xen-backend/devices"
#define SECTOR   512
/* A guest that was just destroyed lets go of its disks a moment later. */
#define BUSY_MS   3000
#define BUSY_STEP 20
#define LOOP_TRIES 64

static int open_loop_control(struct pv_error *error)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

    if (control < 0 && (errno == ENOENT || errno == ENODEV)) {
        struct pv_error ignored;

        pv_module_load("loop", &ignored);
        control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    }
    return control >= 0 ? control : pv_error_errno(error, errno, "/dev/loop-control");
}

/* Binds a free loop device to the file; another process may take one between being told of it and taking it. */
static int bind_loop(int control, int file, const struct pv_disk *disk, struct pv_error *error)
{
    struct loop_config setup = {.fd = (uint32_t)file, .block_size = SECTOR};
    char path[32] = "";

    setup.info.lo_flags = LO_FLAGS_AUTOCLEAR | (disk->access == PV_ACCESS_READ_ONLY ? LO_FLAGS_READ_ONLY : 0) |
                          (disk->cache == PV_CACHE_NONE ? LO_FLAGS_DIRECT_IO : 0);
    snprintf((char *)setup.info.lo_file_name, LO_NAME_SIZE, "%s", disk->source);
    for (int tries = 0; tries < LOOP_TRIES; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

        if (number < 0) {
            return pv_error_errno(error, errno, "a free loop device for %s", disk->source);
        }
        snprintf(path, sizeof(path), "/dev/loop%d", number);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &setup) == 0) {
            return fd;
        }
        if (fd >= 0) {
            int number_of_error = errno;

            close(fd);
            errno = number_of_error;
        }
        if (errno != EBUSY) {
            break;
        }
    }
    return pv_error_errno(error, errno, "binding %s to %s", path, disk->source);
}

static int open_loop(int file, const struct pv_disk *disk, struct pv_error *error)
{
    int control = open_loop_control(error), fd;

    if (control < 0) {
        return -1;
    }
    fd = bind_loop(control, file, disk, error);
    close(control);
    return fd;
}

/* Says whether a backend serves the device, and writes to it or, for one who wants to write himself, at all. */
static bool device_taken(const struct pv_disk *disk, dev_t device)
{
    char path[512], text[32];
    unsigned int major, minor;
    struct dirent *entry;
    bool taken = false;
    DIR *folder = opendir(BACKENDS);

    while (folder && !taken && (entry = readdir(folder))) {
        FILE *file;

        snprintf(path, sizeof(path), BACKENDS "/%s/physical_device", entry->d_name);
        file = fopen(path, "re");
        if (!file) {
            continue;
        }
        taken = fgets(text, sizeof(text), file) && sscanf(text, "%x:%x", &major, &minor) == 2 &&
                makedev(major, minor) == device;
        fclose(file);
        if (taken && disk->access == PV_ACCESS_READ_ONLY) {
            snprintf(path, sizeof(path), BACKENDS "/%s/mode", entry->d_name);
            file = fopen(path, "re");
            taken = file && fgets(text, sizeof(text), file) && strchr(text, 'w');
            if (file) {
                fclose(file);
            }
        }
    }
    if (folder) {
        closedir(folder);
    }
    return taken;
}

static int check_device(const struct pv_disk *disk, dev_t device, struct pv_error *error)
{
    int fd;

    if (disk->access == PV_ACCESS_SHARED) {
        return 0;
    }
    /* Fails for a device that is mounted, or part of a volume. */
    fd = open(disk->source, (disk->access == PV_ACCESS_READ_ONLY ? O_RDONLY : O_RDWR) | O_EXCL | O_CLOEXEC);
    if (fd < 0) {
        return pv_error_errno(error, errno, "%s", disk->source);
    }
    close(fd);
    for (int waited = 0; device_taken(disk, device); waited += BUSY_STEP) {
        if (waited >= BUSY_MS) {
            return pv_error_set(error, PV_ERROR_FAILURE, "%s is in use by another guest", disk->source);
        }
        usleep(BUSY_STEP * 1000);
    }
    return 0;
}

/* Says whether the source can be a disk, and takes its lock. */
static int check_source(int file, const struct stat *status, const struct pv_disk *disk, struct pv_error *error)
{
    if (!S_ISREG(status->st_mode) && !S_ISBLK(status->st_mode)) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s is neither a file nor a block device", disk->source);
    }
    if (S_ISREG(status->st_mode) && disk->format == PV_FORMAT_RAW && status->st_size < SECTOR) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s has less than one sector", disk->source);
    }
    if (S_ISBLK(status->st_mode) && check_device(disk, status->st_rdev, error) != 0) {
        return -1;
    }
    return pv_filelock_take(file, disk, error);
}

/* The device by which dom0's kernel reaches the source. What it needs of `file` it keeps itself. */
static int open_device(int file, const struct pv_disk *disk, struct pv_error *error)
{
    struct stat status;

    if (file < 0 || fstat(file, &status) != 0) {
        return pv_error_errno(error, errno, "%s", disk->source);
    }
    if (check_source(file, &status, disk, error) != 0) {
        return -1;
    }
    if (disk->format != PV_FORMAT_RAW || pv_limits_any(disk->limits)) {
        return pv_nbd_open(disk, file, error);
    }
    return S_ISREG(status.st_mode) ? open_loop(file, disk, error) : dup(file);
}

int pv_blockdev_open(const struct pv_disk *disk, struct pv_blockdev *device, struct pv_error *error)
{
    bool remote = pv_disk_is_remote(disk);
    int file = remote ? -1 : open(disk->source, (disk->access == PV_ACCESS_READ_ONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    int fd = remote ? pv_nbd_open(disk, -1, error) : open_device(file, disk, error);
    struct stat status;

    if (fd >= 0 && fstat(fd, &status) != 0) {
        pv_error_errno(error, errno, "%s", disk->source);
        close(fd);
        fd = -1;
    }
    if (file >= 0) {
        close(file);
    }
    *device = (struct pv_blockdev){.fd = fd};
    if (fd >= 0) {
        device->major = major(status.st_rdev);
        device->minor = minor(status.st_rdev);
    }
    return fd >= 0 ? 0 : -1;
}

void pv_blockdev_close(struct pv_blockdev *device)
{
    if (device->fd >= 0) {
        close(device->fd);
        device->fd = -1;
    }
}
