/* SPDX-License-Identifier: MIT */
/*
 * Disks in formats of QEMU and disks with limits: `qemu-nbd` reads and writes the image, and the kernel's NBD client
 * makes a block device of it. The process ends when the connection does, and that ends when the last one closes the
 * device.
 */
#ifndef PVTOOLS_NBD_H
#define PVTOOLS_NBD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/device.h"
#include "lib/error.h"

/* A file for each device, named by its number, tells of the server behind it: parvis-monitord starts one again that
 * ended while its device was in use. */
#define PV_NBD_FOLDER "/run/parvis/nbd"

struct pv_nbd_record {
    uint32_t number; /* of /dev/nbdN */
    pid_t pid;       /* of the server */
    struct pv_disk disk;
    char source[PATH_MAX]; /* what disk.source points to */
};

/* Starts the process for a disk and opens its device: a descriptor, or -1. The error says what qemu-nbd said. The
 * server holds `lock` open, and with it the source's lock; -1: there is none. */
int pv_nbd_open(const struct pv_disk *disk, int lock, struct pv_error *error);

/* Reads the record of a device, or removes it. False: there is none that can be read. */
bool pv_nbd_record_read(uint32_t number, struct pv_nbd_record *record);
void pv_nbd_record_remove(uint32_t number);

/* Whether the device has a connection, which may be a dead one. */
bool pv_nbd_is_bound(uint32_t number);

/*
 * Gives a device whose server has ended a new one: requests that wait are served then. What the dead server had
 * answered is there, for it wrote images through. The record gets the new server's pid.
 */
int pv_nbd_restart(struct pv_nbd_record *record, struct pv_error *error);

#endif
