/* SPDX-License-Identifier: MIT */
/* Files of an ext2, ext3 or ext4 file system, by libext2fs, which no other file names. Only reads; opens nothing. */
#ifndef PVTOOLS_EXTFS_H
#define PVTOOLS_EXTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct pv_extfs;

/* The file system that lies in `size` bytes of the file `fd` from `start` on; NULL: there is none that can be read. The
 * descriptor stays the caller's. */
struct pv_extfs *pv_extfs_open(int fd, uint64_t start, uint64_t size);
void pv_extfs_close(struct pv_extfs *fs);

/* Whether there is such a file. Links lead on, within the file system. */
bool pv_extfs_has(struct pv_extfs *fs, const char *path);

/* Gives a file's content to `take`, piece by piece; one of more than `most` bytes is refused, class USAGE. */
typedef int pv_extfs_take(void *context, const void *data, size_t size, struct pv_error *error);
int pv_extfs_read(struct pv_extfs *fs, const char *path, uint64_t most, pv_extfs_take *take, void *context,
                  struct pv_error *error);

/* Calls `tell` for each name in a folder, as long as it returns true. */
typedef bool pv_extfs_tell(void *context, const char *name);
void pv_extfs_list(struct pv_extfs *fs, const char *path, pv_extfs_tell *tell, void *context);

#endif
