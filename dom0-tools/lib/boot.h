/* SPDX-License-Identifier: MIT */
/* What a domain boots: the files that its configuration names, or what its disk says. */
#ifndef PVTOOLS_BOOT_H
#define PVTOOLS_BOOT_H

#include "lib/bootdisk.h"
#include "lib/config.h"
#include "pvabi/xen.h"

struct pv_boot {
    const char *kernel, *ramdisk; /* paths for opening; ramdisk may be NULL */
    char cmdline[MAX_GUEST_CMDLINE];
    char name[PV_BOOTCONF_PATH + 64]; /* of the kernel, for a person */

    struct pv_bootdisk disk;
    char kernel_path[32], ramdisk_path[32];
};

/* Finds it; reads the disk where the configuration has a bootloader. The error names file, line and key. The result is
 * for pv_boot_close, also after a failure. */
int pv_boot_find(const struct pv_config *config, struct pv_boot *boot, struct pv_error *error);
void pv_boot_close(struct pv_boot *boot);

#endif
