/* SPDX-License-Identifier: MIT */
/* Configurations of domains, kept in files for their restart. */
#include "lib/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER    "/var/lib/parvis/domains"
#define PATH_SIZE 256

void pv_store_path(const char *name, char *path, size_t size)
{
    snprintf(path, size, FOLDER "/%s.json", name);
}

static void make_folder(void)
{
    /* What is missing shows when the file is opened. */
    mkdir("/var/lib", 0755);
    mkdir("/var/lib/parvis", 0755);
    mkdir(FOLDER, 0700);
}

static int write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wxe");
    int failed;

    if (!file) {
        return -1;
    }
    failed = fputs(text, file) < 0;
    failed |= fflush(file) != 0;
    failed |= fclose(file) != 0;
    return failed ? -1 : 0;
}

int pv_store_save(const struct pv_config *config, struct pv_error *error)
{
    char path[PATH_SIZE], part[PATH_SIZE + 16];
    char *text = pv_config_text(config);
    int result;

    if (!text) {
        return pv_error_errno(error, ENOMEM, "storing the configuration");
    }
    pv_store_path(config->name, path, sizeof(path));
    snprintf(part, sizeof(part), "%s.%d", path, getpid());
    make_folder();
    result = write_file(part, text);
    if (result != 0 || rename(part, path) != 0) {
        result = pv_error_errno(error, errno, "storing the configuration in %s", path);
        unlink(part);
    }
    free(text);
    return result;
}

struct pv_config *pv_store_load(const char *name, struct pv_error *error)
{
    char path[PATH_SIZE];

    pv_store_path(name, path, sizeof(path));
    return pv_config_load(path, error);
}

int pv_store_lock(struct pv_error *error)
{
    int fd;

    make_folder();
    fd = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        pv_error_errno(error, errno, "locking %s", FOLDER);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

void pv_store_remove(const char *name)
{
    char path[PATH_SIZE];

    pv_store_path(name, path, sizeof(path));
    unlink(path);
}
