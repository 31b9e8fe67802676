/* SPDX-License-Identifier: MIT */
/* The ioctls of Linux's /dev/xen/privcmd that the tools use, as its user ABI lays them out. */
#ifndef PVTOOLS_PRIVCMD_H
#define PVTOOLS_PRIVCMD_H

#include <linux/ioctl.h>
#include <stdint.h>

struct privcmd_call {
    uint64_t number;
    uint64_t arguments[5];
};

struct privcmd_map_batch {
    uint32_t count;
    uint16_t domid;
    uint64_t address;
    const uint64_t *frames;
    int *errors; /* one errno a frame, negative */
};

struct privcmd_map_resource {
    uint16_t domid;
    uint32_t type;
    uint32_t id;
    uint32_t first;
    uint64_t count;
    uint64_t address;
};

#define PRIVCMD_IOCTL_HYPERCALL    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))
#define PRIVCMD_IOCTL_MAP_BATCH    _IOC(_IOC_NONE, 'P', 4, sizeof(struct privcmd_map_batch))
#define PRIVCMD_IOCTL_MAP_RESOURCE _IOC(_IOC_NONE, 'P', 7, sizeof(struct privcmd_map_resource))

#endif
