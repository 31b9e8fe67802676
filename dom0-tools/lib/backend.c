/* SPDX-License-Identifier: MIT */
/* The backends of dom0's kernel, through sysfs. */
#include "lib/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/module.h"

#define SYSFS_PATH 256
#define STEP_MS    10
/* References to its module that a disk's backend has: the driver core's and its own. */
#define DISK_REFERENCES 2
/* When a device has had nothing to do for so long, its backend's last work is over. */
#define SETTLE_MS 2000

static const char *const kinds[] = {"vbd", "vif"};

char *pv_backend_name(const char *kind, uint16_t domid, uint32_t number, char name[PV_BACKEND_NAME])
{
    snprintf(name, PV_BACKEND_NAME, "%s-%u-%" PRIu32, kind, domid, number);
    return name;
}

bool pv_backend_parse(const char *name, const char **kind, uint16_t *domid, uint32_t *number)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char again[PV_BACKEND_NAME];

        *kind = kinds[i];
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0 &&
            sscanf(name + strlen(kinds[i]), "-%" SCNu16 "-%" SCNu32, domid, number) == 2 &&
            strcmp(pv_backend_name(*kind, *domid, *number, again), name) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, (int)size, file);

    if (file) {
        fclose(file);
    }
    return got;
}

bool pv_backend_is_bound(const char *name)
{
    char path[SYSFS_PATH];

    snprintf(path, sizeof(path), PV_BACKENDS "/%s/driver", name);
    return access(path, F_OK) == 0;
}

bool pv_backend_device(const char *name, unsigned int *major, unsigned int *minor)
{
    char path[SYSFS_PATH], text[32];

    snprintf(path, sizeof(path), PV_BACKENDS "/%s/physical_device", name);
    return read_line(path, text, sizeof(text)) && sscanf(text, "%x:%x", major, minor) == 2;
}

int pv_backend_hold(unsigned int major, unsigned int minor)
{
    char path[SYSFS_PATH], line[SYSFS_PATH], device[64] = "";
    FILE *file;

    errno = 0;
    if (major != LOOP_MAJOR && major != NBD_MAJOR) {
        return -1;
    }
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent", major, minor);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "DEVNAME=%63s", device) == 1) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    snprintf(path, sizeof(path), "/dev/%s", device);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Writes a backend's name to a file of its driver. */
static int tell_driver(const char *name, const char *file, struct pv_error *error)
{
    char path[SYSFS_PATH];
    int fd, number = 0;

    snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/%.3s/%s", name, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, name, strlen(name)) < 0) {
        number = errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return number ? pv_error_errno(error, number, "writing %s to %s", name, path) : 0;
}

/* How many use the driver of disks; 0 where it is part of the kernel. */
static unsigned int disk_references(void)
{
    char text[32];
    unsigned int count;

    return read_line("/sys/module/xen_blkback/refcnt", text, sizeof(text)) && sscanf(text, "%u", &count) == 1 ? count
                                                                                                             : 0;
}

static bool is_idle(unsigned int major, unsigned int minor)
{
    char path[SYSFS_PATH], text[64];
    unsigned int reads, writes;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/inflight", major, minor);
    return !read_line(path, text, sizeof(text)) || sscanf(text, "%u %u", &reads, &writes) != 2 ||
           reads + writes == 0;
}

/*
 * Waits until a disk's backend without driver is really gone: requests that it sent to the device keep it, and with it
 * its mapping of the ring, after its driver has let go. Then the module has fewer references.
 */
static int wait_until_gone(unsigned int major, unsigned int minor, unsigned int references, int wait_ms,
                           struct pv_error *error)
{
    int idle_ms = 0;

    for (int waited = 0; idle_ms < SETTLE_MS; waited += STEP_MS) {
        bool idle = is_idle(major, minor);

        if (idle && references >= DISK_REFERENCES && disk_references() <= references - DISK_REFERENCES) {
            return 0;
        }
        if (!idle && waited >= wait_ms) {
            return pv_error_set(error, PV_ERROR_TIMEOUT, "requests to its device have not ended within %d s",
                                wait_ms / 1000);
        }
        idle_ms = idle ? idle_ms + STEP_MS : 0;
        usleep(STEP_MS * 1000);
    }
    return 0;
}

static int unbind(const char *name, int wait_ms, struct pv_error *error)
{
    unsigned int major, minor, references;

    if (!pv_backend_is_bound(name)) {
        return 0;
    }
    if (strncmp(name, kinds[0], strlen(kinds[0])) != 0 || !pv_backend_device(name, &major, &minor)) {
        return tell_driver(name, "unbind", error);
    }
    references = disk_references();
    return tell_driver(name, "unbind", error) != 0 ? -1 : wait_until_gone(major, minor, references, wait_ms, error);
}

int pv_backend_restart(const char *name, int wait_ms, struct pv_error *error)
{
    unsigned int major, minor;
    int held = -1, result;
    uint32_t number;
    const char *kind;
    uint16_t domid;

    if (!pv_backend_parse(name, &kind, &domid, &number) || pv_module_backend(kind, error) != 0) {
        return -1;
    }
    if (pv_backend_device(name, &major, &minor)) {
        held = pv_backend_hold(major, minor);
    }
    result = unbind(name, wait_ms, error);
    /* Loading the driver may have bound it. */
    if (result == 0 && !pv_backend_is_bound(name)) {
        result = tell_driver(name, "bind", error);
    }
    /* What was held is the new backend's when it shows it, or parvis-monitord's. */
    for (int waited = 0; held >= 0 && waited < SETTLE_MS && !pv_backend_device(name, &major, &minor);
         waited += STEP_MS) {
        usleep(STEP_MS * 1000);
    }
    if (held >= 0) {
        close(held);
    }
    return result;
}
