/* SPDX-License-Identifier: MIT */
/* The partitions of a disk, by its MBR or GPT. The disk is a guest's and hostile: what lies outside of it is left
 * out. */
#ifndef PVTOOLS_PARTITION_H
#define PVTOOLS_PARTITION_H

#include <stddef.h>
#include <stdint.h>

#define PV_PARTITIONS_MOST 64

struct pv_partition {
    uint64_t start, size; /* bytes */
};

/* Reads the tables of the disk `fd` of `size` bytes. Returns how many partitions there are in `list`; a disk without a
 * table has none. */
size_t pv_partition_list(int fd, uint64_t size, struct pv_partition list[PV_PARTITIONS_MOST]);

#endif
