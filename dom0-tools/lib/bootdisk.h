/* SPDX-License-Identifier: MIT */
/*
 * What a guest's own disk says is to be booted (`bootloader: "extract"`): its kernel, its initial ramdisks and its
 * command line, read in a sandbox. The disk may have partitions (MBR, GPT) or none; the file system is ext2, 3 or 4;
 * the configuration is GRUB's or the Boot Loader Specification's.
 */
#ifndef PVTOOLS_BOOTDISK_H
#define PVTOOLS_BOOTDISK_H

#include <stdint.h>

#include "lib/bootconf.h"
#include "lib/device.h"
#include "lib/error.h"

/* Copies are dom0's memory, and their sizes the guest's wish. */
#define PV_BOOTDISK_KERNEL_MOST  (128UL * 1024 * 1024)
#define PV_BOOTDISK_RAMDISK_MOST (256UL * 1024 * 1024)

struct pv_bootdisk {
    int kernel, ramdisk; /* descriptors of copies in memory; -1: none */
    char kernel_name[PV_BOOTCONF_PATH], title[PV_BOOTCONF_NAME];
    char cmdline[PV_BOOTCONF_LINE];
};

/* Reads them from a disk that nobody writes to. The error names no disk. After a failure there is nothing to close. */
int pv_bootdisk_read(const struct pv_disk *disk, struct pv_bootdisk *boot, struct pv_error *error);

/* The same from an open descriptor of a raw disk of `size` bytes. */
int pv_bootdisk_read_fd(int disk, uint64_t size, struct pv_bootdisk *boot, struct pv_error *error);

/* Also for one that is all zero but for descriptors of -1. */
void pv_bootdisk_close(struct pv_bootdisk *boot);

#endif
