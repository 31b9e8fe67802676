/* SPDX-License-Identifier: MIT */
/* Finds what a disk boots: the first file system with a configuration, its default entry, the files of that. */
#include "lib/bootfind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/extfs.h"
#include "lib/partition.h"

#define ALIGNMENT 4

/* Where a configuration may lie: /boot may be a file system of its own. */
static const char *const grub_files[] = {"/boot/grub/grub.cfg", "/grub/grub.cfg", "/boot/grub2/grub.cfg",
                                         "/grub2/grub.cfg"};
static const char *const loader_folders[] = {"/boot/loader", "/loader"};
/* Paths of an entry are relative to the file system that it lies in, which may be mounted at /boot. */
static const char *const kernel_folders[] = {"", "/boot"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct text {
    char *data;
    size_t size;
};

static int take_text(void *context, const void *data, size_t size, struct pv_error *error)
{
    struct text *text = context;

    if (size > PV_BOOTCONF_BYTES - text->size) {
        return pv_error_set(error, PV_ERROR_USAGE, "it is too long");
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
    return 0;
}

/* Reads a configuration; false where it cannot be. */
static bool read_text(struct pv_extfs *fs, const char *path, struct text *text)
{
    struct pv_error ignored;

    text->size = 0;
    return pv_extfs_has(fs, path) && pv_extfs_read(fs, path, PV_BOOTCONF_BYTES, take_text, text, &ignored) == 0;
}

struct entries {
    struct pv_extfs *fs;
    const char *folder;
    struct pv_bootconf *conf;
    struct text *text;
};

static bool add_entry(void *context, const char *name)
{
    const struct entries *entries = context;
    char path[PV_BOOTCONF_PATH], id[PV_BOOTCONF_NAME];
    size_t length = strlen(name);

    if (length <= 5 || length >= sizeof(id) || strcmp(name + length - 5, ".conf") != 0) {
        return true;
    }
    snprintf(path, sizeof(path), "%s/entries/%s", entries->folder, name);
    snprintf(id, sizeof(id), "%.*s", (int)length - 5, name);
    return !read_text(entries->fs, path, entries->text) ||
           pv_bootconf_entry(entries->conf, id, entries->text->data, entries->text->size);
}

static void read_entries(struct pv_extfs *fs, struct text *text, struct pv_bootconf *conf)
{
    for (size_t i = 0; i < COUNT(loader_folders) && conf->count == 0; i++) {
        struct entries entries = {fs, loader_folders[i], conf, text};
        char path[PV_BOOTCONF_PATH];

        snprintf(path, sizeof(path), "%s/entries", loader_folders[i]);
        pv_extfs_list(fs, path, add_entry, &entries);
        pv_bootconf_sort(conf);
        snprintf(path, sizeof(path), "%s/loader.conf", loader_folders[i]);
        if (conf->count && read_text(fs, path, text)) {
            pv_bootconf_loader(conf, text->data, text->size);
        }
    }
}

static void read_grub(struct pv_extfs *fs, struct text *text, struct pv_bootconf *conf)
{
    for (size_t i = 0; i < COUNT(grub_files) && conf->count == 0 && !conf->wants_entries; i++) {
        if (read_text(fs, grub_files[i], text)) {
            pv_bootconf_grub(conf, text->data, text->size);
        }
    }
}

static int take_file(void *context, const void *data, size_t size, struct pv_error *error)
{
    const int *fd = context;

    for (size_t done = 0; done < size;) {
        ssize_t put = write(*fd, (const char *)data + done, size - done);

        if (put <= 0) {
            return pv_error_errno(error, errno, "copying it");
        }
        done += (size_t)put;
    }
    return 0;
}

/* The path by which the file system knows a file of an entry. */
static void locate(struct pv_extfs *fs, const char *name, char *path, size_t size)
{
    for (size_t i = 0; i < COUNT(kernel_folders); i++) {
        snprintf(path, size, "%s%s", kernel_folders[i], name);
        if (pv_extfs_has(fs, path)) {
            return;
        }
    }
    snprintf(path, size, "%s", name);
}

/* Ramdisks follow one another, each at a multiple of four bytes, as the kernel wants them. */
static int copy_ramdisks(struct pv_extfs *fs, const struct pv_bootfind *find, const struct pv_bootconf_entry *entry,
                         struct pv_error *error)
{
    char path[2 * PV_BOOTCONF_PATH];

    for (size_t i = 0; i < entry->ramdisk_count; i++) {
        off_t end = lseek(find->ramdisk, 0, SEEK_CUR);

        if (end < 0 || lseek(find->ramdisk, (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, SEEK_SET) < 0) {
            return pv_error_errno(error, errno, "copying ramdisks");
        }
        locate(fs, entry->ramdisks[i], path, sizeof(path));
        if (pv_extfs_read(fs, path, find->ramdisk_most - (uint64_t)end, take_file, (void *)&find->ramdisk, error) !=
            0) {
            return -1;
        }
    }
    return 0;
}

static int copy_entry(struct pv_extfs *fs, const struct pv_bootfind *find, const struct pv_bootconf_entry *entry,
                      struct pv_bootfound *found, struct pv_error *error)
{
    char path[2 * PV_BOOTCONF_PATH];

    memcpy(found->kernel_name, entry->kernel, sizeof(found->kernel_name));
    memcpy(found->title, entry->title, sizeof(found->title));
    memcpy(found->cmdline, entry->cmdline, sizeof(found->cmdline));
    found->has_ramdisk = entry->ramdisk_count > 0;
    locate(fs, entry->kernel, path, sizeof(path));
    if (pv_extfs_read(fs, path, find->kernel_most, take_file, (void *)&find->kernel, error) != 0) {
        return -1;
    }
    return copy_ramdisks(fs, find, entry, error);
}

/* Looks into one file system; true when a configuration was found there, whatever came of it. */
static bool try_file_system(const struct pv_bootfind *find, uint64_t start, uint64_t size, struct text *text,
                            struct pv_bootfound *found)
{
    struct pv_extfs *fs = pv_extfs_open(find->disk, start, size);
    const struct pv_bootconf_entry *entry;
    struct pv_bootconf conf = {0};
    struct pv_error error = {0};

    if (!fs) {
        return false;
    }
    snprintf(found->message, sizeof(found->message),
             "no file system of it has a configuration of GRUB or of the Boot Loader Specification");
    read_grub(fs, text, &conf);
    if (conf.count == 0) {
        read_entries(fs, text, &conf);
    }
    entry = pv_bootconf_choose(&conf);
    if (entry && copy_entry(fs, find, entry, found, &error) == 0) {
        found->done = true;
    } else if (entry) {
        snprintf(found->message, sizeof(found->message), "\"%.60s\": %.180s", entry->title, error.message);
    }
    pv_bootconf_free(&conf);
    pv_extfs_close(fs);
    return entry != NULL;
}

void pv_bootfind_run(const struct pv_bootfind *find, struct pv_bootfound *found)
{
    struct pv_partition partitions[PV_PARTITIONS_MOST];
    struct text text = {.data = malloc(PV_BOOTCONF_BYTES)};
    size_t count;

    *found = (struct pv_bootfound){.message = "there is no file system on it that can be read (ext2, ext3, ext4)"};
    if (!text.data) {
        snprintf(found->message, sizeof(found->message), "there is no memory to read it");
        return;
    }
    if (!try_file_system(find, 0, find->disk_size, &text, found)) {
        count = pv_partition_list(find->disk, find->disk_size, partitions);
        for (size_t i = 0; i < count; i++) {
            if (try_file_system(find, partitions[i].start, partitions[i].size, &text, found)) {
                break;
            }
        }
    }
    free(text.data);
}
