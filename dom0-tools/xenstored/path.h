/* SPDX-License-Identifier: MIT */
/* Paths of the store: what is a valid one, and how a connection's relative path becomes absolute. */
#ifndef XENSTORED_PATH_H
#define XENSTORED_PATH_H

#include <errno.h> /* before xs_wire.h, which then names the errors */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvabi/io/xs_wire.h"

/* Room for any valid absolute path and its NUL. */
#define PATH_BUFFER_SIZE (XENSTORE_ABS_PATH_MAX + 1)

/* Says whether `path` names a special watch ("@releaseDomain") rather than a node. */
bool path_is_special(const char *path);

/* Says whether `path` is a valid absolute node path ("/", "/a/b"): characters, single slashes, lengths. */
bool path_is_valid_node(const char *path);

/* Writes the absolute form of `path`, as a connection of domain `domid` means it, to `out`. Special names
 * pass only where `allow_special`. Returns 0, or EINVAL for what is no valid path. */
int path_canonicalize(uint16_t domid, const char *path, bool allow_special, char out[PATH_BUFFER_SIZE]);

/* The length of "/local/domain/DOMID/", which stands before a relative path of that domain. */
size_t path_relative_prefix(uint16_t domid);

/* The length of the parent's path; 1 for a child of the root. `path` is not the root. */
size_t path_parent_length(const char *path);

/* Says whether `path` is `ancestor` or lies below it. */
bool path_is_within(const char *path, const char *ancestor);

#endif
