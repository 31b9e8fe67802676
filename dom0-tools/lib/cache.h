/* SPDX-License-Identifier: MIT */
/*
 * Unpacked kernels, kept by the content of what they came from. The folder is root's alone and bounded in
 * size: what was not used for the longest time goes first. A second name for each content, made from the
 * source's inode and times, saves reading the source to know its content.
 */
#ifndef PVTOOLS_CACHE_H
#define PVTOOLS_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/error.h"

#define PV_CACHE_FOLDER "/var/cache/parvis/kernels"
#define PV_CACHE_BYTES  (256UL * 1024 * 1024)

struct pv_cache;

/* Opens the cache in `folder`, making the folder. NULL where that fails or others could write there: do
 * without. */
struct pv_cache *pv_cache_open(const char *folder, size_t most_bytes);
void pv_cache_close(struct pv_cache *cache);

/* The unpacked file for a source with this state, as a descriptor to read, or -1. */
int pv_cache_find_file(struct pv_cache *cache, const struct stat *source);

/* The same by the source's bytes; remembers the source's state for the next time. */
int pv_cache_find_content(struct pv_cache *cache, const struct stat *source, const void *data, size_t size);

/*
 * Keeps `unpacked` for the source `data`. Makes room first; does nothing where it cannot: a cache may always
 * fail.
 */
void pv_cache_keep(struct pv_cache *cache, const struct stat *source, const void *data, size_t size,
                   const void *unpacked, size_t unpacked_size);

#endif
