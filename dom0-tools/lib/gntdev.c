/* SPDX-License-Identifier: MIT */
/* Pages that other domains grant, mapped through Linux's /dev/xen/gntdev. */
#include "lib/gntdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pvabi/xen.h"

#include "pvabi/grant_table.h"

#include <xen/gntdev.h>

#define GNTDEV_PAGE_SIZE 4096

int gntdev_open(void)
{
    int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

    return fd >= 0 ? fd : -errno;
}

static int gntdev_forget(int fd, uint64_t index)
{
    struct ioctl_gntdev_unmap_grant_ref unmap = {.index = index, .count = 1};

    return ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap) == 0 ? 0 : -errno;
}

int gntdev_map(int fd, uint32_t domid, uint32_t ref, void **page)
{
    struct ioctl_gntdev_map_grant_ref map = {.count = 1, .refs = {{.domid = domid, .ref = ref}}};
    void *address;
    int error;

    if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &map) != 0) {
        return -errno;
    }
    address = mmap(NULL, GNTDEV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)map.index);
    if (address == MAP_FAILED) {
        error = -errno;
        gntdev_forget(fd, map.index);
        return error;
    }
    *page = address;
    return 0;
}

int gntdev_unmap(int fd, void *page)
{
    struct ioctl_gntdev_get_offset_for_vaddr lookup = {.vaddr = (uintptr_t)page};

    if (ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &lookup) != 0) {
        return -errno;
    }
    if (munmap(page, GNTDEV_PAGE_SIZE) != 0) {
        return -errno;
    }
    return gntdev_forget(fd, lookup.offset);
}
