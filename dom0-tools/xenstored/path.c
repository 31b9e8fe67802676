/* SPDX-License-Identifier: MIT */
/* Paths of the store: what is a valid one, and how a connection's relative path becomes absolute. */
#include "xenstored/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_LOCAL_DOMAIN "/local/domain/"

static const char path_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";

bool path_is_special(const char *path)
{
    return path[0] == '@';
}

static bool path_has_valid_characters(const char *path)
{
    return path[strspn(path, path_characters)] == '\0';
}

/* The length of "/local/domain/NUMBER/" at the path's start, 0 where it does not start so. */
static size_t path_home_length(const char *path)
{
    const size_t prefix = strlen(PATH_LOCAL_DOMAIN);
    size_t digits;

    if (strncmp(path, PATH_LOCAL_DOMAIN, prefix) != 0) {
        return 0;
    }
    digits = strspn(path + prefix, "0123456789");
    return digits > 0 && digits <= 5 && path[prefix + digits] == '/' ? prefix + digits + 1 : 0;
}

bool path_is_valid_node(const char *path)
{
    size_t length = strlen(path);

    if (path[0] != '/' || length > XENSTORE_ABS_PATH_MAX) {
        return false;
    }
    if (length - path_home_length(path) > XENSTORE_REL_PATH_MAX) {
        return false;
    }
    if (length > 1 && path[length - 1] == '/') {
        return false;
    }
    return !strstr(path, "//") && path_has_valid_characters(path);
}

static bool path_is_valid_special(const char *path)
{
    return strlen(path) <= XENSTORE_REL_PATH_MAX && path_has_valid_characters(path);
}

int path_canonicalize(uint16_t domid, const char *path, bool allow_special, char out[PATH_BUFFER_SIZE])
{
    int length;

    if (path_is_special(path)) {
        if (!allow_special || !path_is_valid_special(path)) {
            return EINVAL;
        }
        strcpy(out, path);
        return 0;
    }
    if (path[0] == '/') {
        length = snprintf(out, PATH_BUFFER_SIZE, "%s", path);
    } else {
        length = snprintf(out, PATH_BUFFER_SIZE, PATH_LOCAL_DOMAIN "%u/%s", domid, path);
    }
    if (length < 0 || length >= PATH_BUFFER_SIZE) {
        return EINVAL;
    }
    return path_is_valid_node(out) ? 0 : EINVAL;
}

size_t path_relative_prefix(uint16_t domid)
{
    return (size_t)snprintf(NULL, 0, PATH_LOCAL_DOMAIN "%u/", domid);
}

size_t path_parent_length(const char *path)
{
    size_t slash = (size_t)(strrchr(path, '/') - path);

    return slash ? slash : 1;
}

bool path_is_within(const char *path, const char *ancestor)
{
    size_t length = strlen(ancestor);

    if (!strcmp(ancestor, "/")) {
        return path[0] == '/';
    }
    return !strncmp(path, ancestor, length) && (path[length] == '\0' || path[length] == '/');
}
