/* SPDX-License-Identifier: MIT */
/* Files of an ext file system, by libext2fs over a descriptor that is open already. */
#include "lib/extfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#define PIECE 65536U
#define NAME_SIZE 32

struct source {
    int fd;
    uint64_t start, size;
};

struct pv_extfs {
    struct source source;
    ext2_filsys fs;
};

/* libext2fs asks for a device's name, which is here the address of a struct source. */
static errcode_t open_source(const char *name, int flags, io_channel *channel);

static errcode_t close_source(io_channel channel)
{
    free(channel);
    return 0;
}

static errcode_t set_block_size(io_channel channel, int size)
{
    channel->block_size = size;
    return 0;
}

/* A count that is negative is one of bytes. */
static errcode_t read_block64(io_channel channel, unsigned long long block, int count, void *data)
{
    const struct source *source = channel->private_data;
    uint64_t size = count < 0 ? (uint64_t)-(int64_t)count : (uint64_t)count * (uint64_t)channel->block_size;
    uint64_t at;

    if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, &at) || at > source->size ||
        size > source->size - at) {
        return EXT2_ET_SHORT_READ;
    }
    return pread(source->fd, data, size, (off_t)(source->start + at)) == (ssize_t)size ? 0 : EXT2_ET_SHORT_READ;
}

static errcode_t read_block(io_channel channel, unsigned long block, int count, void *data)
{
    return read_block64(channel, block, count, data);
}

static errcode_t write_block64(io_channel channel, unsigned long long block, int count, const void *data)
{
    (void)channel;
    (void)block;
    (void)count;
    (void)data;
    return EXT2_ET_RO_FILSYS;
}

static errcode_t write_block(io_channel channel, unsigned long block, int count, const void *data)
{
    return write_block64(channel, block, count, data);
}

static errcode_t flush(io_channel channel)
{
    (void)channel;
    return 0;
}

static struct struct_io_manager manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "a guest's disk",
    .open = open_source,
    .close = close_source,
    .set_blksize = set_block_size,
    .read_blk = read_block,
    .read_blk64 = read_block64,
    .write_blk = write_block,
    .write_blk64 = write_block64,
    .flush = flush,
};

static errcode_t open_source(const char *name, int flags, io_channel *channel)
{
    struct struct_io_channel *made = calloc(1, sizeof(*made));
    void *source = NULL;

    (void)flags;
    if (!made || sscanf(name, "%p", &source) != 1) {
        free(made);
        return EXT2_ET_NO_MEMORY;
    }
    made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    made->manager = &manager;
    made->block_size = EXT2_MIN_BLOCK_SIZE;
    made->refcount = 1;
    made->private_data = source;
    made->name = NULL;
    *channel = made;
    return 0;
}

struct pv_extfs *pv_extfs_open(int fd, uint64_t start, uint64_t size)
{
    struct pv_extfs *fs = calloc(1, sizeof(*fs));
    char name[NAME_SIZE];

    if (!fs) {
        return NULL;
    }
    fs->source = (struct source){fd, start, size};
    snprintf(name, sizeof(name), "%p", (void *)&fs->source);
    if (ext2fs_open(name, EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS, 0, 0, &manager, &fs->fs) != 0) {
        free(fs);
        return NULL;
    }
    return fs;
}

void pv_extfs_close(struct pv_extfs *fs)
{
    if (fs) {
        ext2fs_free(fs->fs);
        free(fs);
    }
}

static bool find(struct pv_extfs *fs, const char *path, ext2_ino_t *inode)
{
    return ext2fs_namei_follow(fs->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, inode) == 0;
}

/* Whether an inode is what the mode says: a hostile file system may call a folder a kernel. */
static bool is_kind(struct pv_extfs *fs, ext2_ino_t inode, unsigned int mode)
{
    struct ext2_inode data;

    return ext2fs_read_inode(fs->fs, inode, &data) == 0 && (data.i_mode & LINUX_S_IFMT) == mode;
}

bool pv_extfs_has(struct pv_extfs *fs, const char *path)
{
    ext2_ino_t inode;

    return find(fs, path, &inode) && is_kind(fs, inode, LINUX_S_IFREG);
}

static int copy(ext2_file_t file, const char *path, pv_extfs_take *take, void *context, struct pv_error *error)
{
    static char piece[PIECE];
    unsigned int got = 0;

    do {
        if (ext2fs_file_read(file, piece, sizeof(piece), &got) != 0) {
            return pv_error_set(error, PV_ERROR_FAILURE, "%.200s: the file system is damaged there", path);
        }
        if (got && take(context, piece, got, error) != 0) {
            return -1;
        }
    } while (got);
    return 0;
}

int pv_extfs_read(struct pv_extfs *fs, const char *path, uint64_t most, pv_extfs_take *take, void *context,
                  struct pv_error *error)
{
    uint64_t size = 0;
    ext2_ino_t inode;
    ext2_file_t file;
    int result = -1;

    if (!find(fs, path, &inode)) {
        return pv_error_set(error, PV_ERROR_USAGE, "%.200s: there is no such file", path);
    }
    if (!is_kind(fs, inode, LINUX_S_IFREG) || ext2fs_file_open(fs->fs, inode, 0, &file) != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "%.200s: is not a file", path);
    }
    if (ext2fs_file_get_lsize(file, (__u64 *)&size) != 0 || size > most) {
        pv_error_set(error, PV_ERROR_USAGE, "%.200s: is too large, %" PRIu64 " bytes", path, size);
    } else {
        result = copy(file, path, take, context, error);
    }
    ext2fs_file_close(file);
    return result;
}

struct telling {
    pv_extfs_tell *tell;
    void *context;
};

static int tell_entry(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *context)
{
    const struct telling *telling = context;
    char name[EXT2_NAME_LEN + 1];

    (void)offset;
    (void)block_size;
    (void)buffer;
    snprintf(name, sizeof(name), "%.*s", ext2fs_dirent_name_len(entry), entry->name);
    return telling->tell(telling->context, name) ? 0 : DIRENT_ABORT;
}

void pv_extfs_list(struct pv_extfs *fs, const char *path, pv_extfs_tell *tell, void *context)
{
    struct telling telling = {tell, context};
    ext2_ino_t inode;

    if (find(fs, path, &inode) && is_kind(fs, inode, LINUX_S_IFDIR)) {
        ext2fs_dir_iterate(fs->fs, inode, 0, NULL, tell_entry, &telling);
    }
}
