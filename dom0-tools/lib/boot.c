/* SPDX-License-Identifier: MIT */
/* What a domain boots: the files that its configuration names, or what its disk says. */
#include "lib/boot.h"

#include <stdio.h>
#include <string.h>

/* Copies are opened by their descriptors, as if they were files. */
static const char *descriptor_path(char path[32], int fd)
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return path;
}

/* The disk to boot from: the one that says so, or the first. */
static const struct pv_disk *boot_disk(const struct pv_config *config)
{
    for (size_t i = 0; i < config->disks.count; i++) {
        if (pv_config_disk(config, i)->boot) {
            return pv_config_disk(config, i);
        }
    }
    return pv_config_disk(config, 0);
}

static int from_disk(const struct pv_config *config, struct pv_boot *boot, struct pv_error *error)
{
    const struct pv_disk *disk = boot_disk(config);
    int length;

    if (pv_bootdisk_read(disk, &boot->disk, error) != 0) {
        pv_error_wrap(error, "disk %s (%s)", disk->target, disk->source);
        return pv_config_wrap(config, PV_KEY_BOOTLOADER, error);
    }
    boot->kernel = descriptor_path(boot->kernel_path, boot->disk.kernel);
    boot->ramdisk = boot->disk.ramdisk >= 0 ? descriptor_path(boot->ramdisk_path, boot->disk.ramdisk) : NULL;
    snprintf(boot->name, sizeof(boot->name), "%s of disk %s", boot->disk.kernel_name, disk->target);
    length = snprintf(boot->cmdline, sizeof(boot->cmdline), "%s%s%s", boot->disk.cmdline, config->cmdline[0] ? " " : "",
                      config->cmdline);
    if (length >= (int)sizeof(boot->cmdline)) {
        return pv_config_fail(config, PV_KEY_BOOTLOADER, PV_ERROR_USAGE, error,
                              "the command line has %d bytes, and a kernel's may have %zu", length,
                              sizeof(boot->cmdline) - 1);
    }
    return 0;
}

int pv_boot_find(const struct pv_config *config, struct pv_boot *boot, struct pv_error *error)
{
    *boot = (struct pv_boot){.disk = {.kernel = -1, .ramdisk = -1}};
    if (config->bootloader == PV_BOOTLOADER_EXTRACT) {
        return from_disk(config, boot, error);
    }
    boot->kernel = config->kernel;
    boot->ramdisk = config->ramdisk;
    snprintf(boot->name, sizeof(boot->name), "%.500s", config->kernel);
    snprintf(boot->cmdline, sizeof(boot->cmdline), "%s", config->cmdline);
    return 0;
}

void pv_boot_close(struct pv_boot *boot)
{
    pv_bootdisk_close(&boot->disk);
}
