/* SPDX-License-Identifier: MIT */
/* Finds what a disk boots, and copies it: the part of lib/bootdisk.h that runs in the sandbox. */
#ifndef PVTOOLS_BOOTFIND_H
#define PVTOOLS_BOOTFIND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bootconf.h"
#include "lib/error.h"

/* Where from and where to. */
struct pv_bootfind {
    int disk;
    uint64_t disk_size, kernel_most, ramdisk_most;
    int kernel, ramdisk; /* empty files */
};

/* What was found. Texts are the guest's. */
struct pv_bootfound {
    bool done, has_ramdisk;
    char message[256]; /* why it is not done */
    char kernel_name[PV_BOOTCONF_PATH], title[PV_BOOTCONF_NAME];
    char cmdline[PV_BOOTCONF_LINE];
};

void pv_bootfind_run(const struct pv_bootfind *find, struct pv_bootfound *found);

#endif
