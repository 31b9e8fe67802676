/* SPDX-License-Identifier: MIT */
/*
 * What a disk's own boot configuration says is to be started: GRUB's grub.cfg, and the entries of the Boot Loader
 * Specification. The text is a guest's and hostile: nothing here trusts it, opens a file or runs a command.
 */
#ifndef PVTOOLS_BOOTCONF_H
#define PVTOOLS_BOOTCONF_H

#include <stdbool.h>
#include <stddef.h>

#define PV_BOOTCONF_BYTES   (1024UL * 1024) /* longer texts are refused */
#define PV_BOOTCONF_ENTRIES 256
#define PV_BOOTCONF_RAMDISKS 8
#define PV_BOOTCONF_PATH    512
#define PV_BOOTCONF_LINE    2048 /* of the kernel's words */
#define PV_BOOTCONF_NAME    256

/* Something that can be booted. Paths begin with a slash and are those of the disk's file system. */
struct pv_bootconf_entry {
    char title[PV_BOOTCONF_NAME], id[PV_BOOTCONF_NAME], version[PV_BOOTCONF_NAME];
    char position[32]; /* GRUB's number, "1>2" for one of a submenu */
    char kernel[PV_BOOTCONF_PATH];
    char ramdisks[PV_BOOTCONF_RAMDISKS][PV_BOOTCONF_PATH];
    size_t ramdisk_count;
    char cmdline[PV_BOOTCONF_LINE];
};

/* What was read so far, and which entry is the default: a number, a position, a title, an identity or, of the Boot
 * Loader Specification, a pattern. */
struct pv_bootconf {
    struct pv_bootconf_entry *entries;
    size_t count;
    char chosen[PV_BOOTCONF_NAME];
    bool wants_entries; /* grub.cfg leaves the menu to the Boot Loader Specification (`blscfg`) */
};

/* Adds the menu of a grub.cfg, as GRUB would show it to a PV guest. False: out of memory. */
bool pv_bootconf_grub(struct pv_bootconf *conf, const char *text, size_t size);

/* Adds one entry of the Boot Loader Specification; `name` is its file's without ".conf". An entry without a kernel is
 * left out. False: out of memory. */
bool pv_bootconf_entry(struct pv_bootconf *conf, const char *name, const char *text, size_t size);

/* Takes the default from a loader.conf. */
void pv_bootconf_loader(struct pv_bootconf *conf, const char *text, size_t size);

/* Puts entries of the Boot Loader Specification into their order: the newest version first. */
void pv_bootconf_sort(struct pv_bootconf *conf);

/* The entry to boot: the default or, where that is none of them, the first. NULL: there is none. */
const struct pv_bootconf_entry *pv_bootconf_choose(const struct pv_bootconf *conf);

void pv_bootconf_free(struct pv_bootconf *conf);

/* For the two parsers: room for one more entry; NULL when there are too many or memory ran out. */
struct pv_bootconf_entry *pv_bootconf_add(struct pv_bootconf *conf);

/* Puts a word behind those that a text of `size` bytes has; one that does not fit is left out whole. */
void pv_bootconf_append(char *text, size_t size, const char *word);

/* Copies a path, with a slash before it; false for one that is too long, empty or has "..". */
bool pv_bootconf_path(char path[PV_BOOTCONF_PATH], const char *text);

#endif
