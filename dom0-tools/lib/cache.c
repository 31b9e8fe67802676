/* SPDX-License-Identifier: MIT */
/* Unpacked kernels, kept by the content of what they came from: files CONTENT.elf and links SOURCE.link to
 * them. */
#include "lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sha256.h"

#define NAME_SIZE 160
/* Zeros are left out in units of this: smaller ones would cut a kernel into too many pieces. */
#define HOLE_UNIT 65536UL

struct pv_cache {
    int folder;
    size_t most_bytes;
};

static void content_name(char name[NAME_SIZE], const void *data, size_t size)
{
    uint8_t digest[PV_SHA256_SIZE];

    pv_sha256(data, size, digest);
    for (unsigned int i = 0; i < PV_SHA256_SIZE; i++) {
        snprintf(name + 2 * i, 3, "%02x", digest[i]);
    }
    strcat(name, ".elf");
}

/* A change of a file's content changes its ctime, which nobody can set back but by the clock. */
static void source_name(char name[NAME_SIZE], const struct stat *source)
{
    snprintf(name, NAME_SIZE, "%jx-%jx-%jx-%jx.%lx-%jx.%lx.link", (uintmax_t)source->st_dev,
             (uintmax_t)source->st_ino, (uintmax_t)source->st_size, (uintmax_t)source->st_mtim.tv_sec,
             source->st_mtim.tv_nsec, (uintmax_t)source->st_ctim.tv_sec, source->st_ctim.tv_nsec);
}

static int make_folders(const char *folder)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s", folder) >= (int)sizeof(path)) {
        return -1;
    }
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            return -1;
        }
        *slash = '/';
    }
    return mkdir(path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

struct pv_cache *pv_cache_open(const char *folder, size_t most_bytes)
{
    struct pv_cache *cache = calloc(1, sizeof(*cache));
    struct stat state;

    if (!cache || make_folders(folder) != 0) {
        free(cache);
        return NULL;
    }
    cache->most_bytes = most_bytes;
    cache->folder = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    /* Whoever could write here could give guests another kernel. */
    if (cache->folder < 0 || fstat(cache->folder, &state) != 0 || state.st_uid != geteuid() ||
        (state.st_mode & 077) != 0) {
        pv_cache_close(cache);
        return NULL;
    }
    return cache;
}

void pv_cache_close(struct pv_cache *cache)
{
    if (cache) {
        if (cache->folder >= 0) {
            close(cache->folder);
        }
        free(cache);
    }
}

/* Opens a kept file and marks it as used now. */
static int open_kept(const struct pv_cache *cache, const char *name)
{
    int fd = openat(cache->folder, name, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        futimens(fd, NULL);
    }
    return fd;
}

int pv_cache_find_file(struct pv_cache *cache, const struct stat *source)
{
    char name[NAME_SIZE];

    source_name(name, source);
    return open_kept(cache, name);
}

int pv_cache_find_content(struct pv_cache *cache, const struct stat *source, const void *data, size_t size)
{
    char name[NAME_SIZE], link[NAME_SIZE];
    int fd;

    content_name(name, data, size);
    fd = open_kept(cache, name);
    if (fd >= 0) {
        source_name(link, source);
        unlinkat(cache->folder, link, 0);
        if (symlinkat(name, cache->folder, link) != 0) {
            /* Found by content again the next time. */
            errno = 0;
        }
    }
    return fd;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* One pass over the folder: sums the files' sizes, finds the one unused for longest, removes links to
 * nothing. */
static size_t survey(const struct pv_cache *cache, char oldest[NAME_SIZE])
{
    int fd = dup(cache->folder);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct timespec oldest_time = {0};
    struct dirent *entry;
    size_t sum = 0;

    oldest[0] = '\0';
    if (!folder) {
        return 0;
    }
    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        struct stat state;

        if (fstatat(cache->folder, entry->d_name, &state, 0) != 0) {
            unlinkat(cache->folder, entry->d_name, 0);
        } else if (S_ISREG(state.st_mode) && !ends_with(entry->d_name, ".link")) {
            sum += (size_t)state.st_size;
            if (strlen(entry->d_name) < NAME_SIZE &&
                (oldest[0] == '\0' || state.st_mtim.tv_sec < oldest_time.tv_sec ||
                 (state.st_mtim.tv_sec == oldest_time.tv_sec &&
                  state.st_mtim.tv_nsec < oldest_time.tv_nsec))) {
                oldest_time = state.st_mtim;
                strcpy(oldest, entry->d_name);
            }
        }
    }
    closedir(folder);
    return sum;
}

static void make_room(const struct pv_cache *cache, size_t size)
{
    char oldest[NAME_SIZE];

    while (survey(cache, oldest) + size > cache->most_bytes && oldest[0] != '\0') {
        if (unlinkat(cache->folder, oldest, 0) != 0) {
            return;
        }
    }
}

static bool write_all(int fd, const char *data, size_t size, size_t offset)
{
    while (size > 0) {
        ssize_t put = pwrite(fd, data, size, (off_t)offset);

        if (put < 0 && errno != EINTR) {
            return false;
        }
        if (put > 0) {
            data += put;
            offset += (size_t)put;
            size -= (size_t)put;
        }
    }
    return true;
}

/* Half of a kernel is zeros. They become holes, which take no room here and no loading later. */
static bool write_sparse(int fd, const char *data, size_t size)
{
    static const char zeros[HOLE_UNIT];

    for (size_t offset = 0; offset < size; offset += HOLE_UNIT) {
        size_t part = size - offset < HOLE_UNIT ? size - offset : HOLE_UNIT;

        if (memcmp(data + offset, zeros, part) != 0 && !write_all(fd, data + offset, part, offset)) {
            return false;
        }
    }
    return ftruncate(fd, (off_t)size) == 0;
}

void pv_cache_keep(struct pv_cache *cache, const struct stat *source, const void *data, size_t size,
                   const void *unpacked, size_t unpacked_size)
{
    char name[NAME_SIZE], part[NAME_SIZE + 16], link[NAME_SIZE];
    bool whole;
    int fd;

    if (unpacked_size > cache->most_bytes) {
        return;
    }
    make_room(cache, unpacked_size);
    content_name(name, data, size);
    snprintf(part, sizeof(part), "%s.%d", name, getpid());
    fd = openat(cache->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return;
    }
    whole = write_sparse(fd, unpacked, unpacked_size);
    close(fd);
    /* Complete files only ever get their name. */
    if (!whole || renameat(cache->folder, part, cache->folder, name) != 0) {
        unlinkat(cache->folder, part, 0);
        return;
    }
    source_name(link, source);
    unlinkat(cache->folder, link, 0);
    if (symlinkat(name, cache->folder, link) != 0) {
        errno = 0;
    }
}
