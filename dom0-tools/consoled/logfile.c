/* SPDX-License-Identifier: MIT */
/* A log file that is bounded: when it is full it becomes FILE.1, in place of an older one. */
#include "consoled/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon.h"

#define LOGFILE_NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+@"

static int logfile_open_path(struct logfile *log)
{
    struct stat info;

    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->fd < 0) {
        return -errno;
    }
    log->size = fstat(log->fd, &info) == 0 ? (size_t)info.st_size : 0;
    return 0;
}

int logfile_open(struct logfile *log, const char *dir, const char *prefix, const char *name, size_t limit,
                 struct pv_error *error)
{
    size_t start;
    int result, length;

    log->fd = -1;
    log->limit = limit;
    length = snprintf(log->path, sizeof(log->path), "%s/%s%s%s.log", dir, prefix, *name ? "-" : "", name);
    if (length < 0 || (size_t)length >= sizeof(log->path)) {
        return pv_error_errno(error, ENAMETOOLONG, "log of %.64s", name);
    }
    start = strlen(dir) + 1;
    for (size_t i = start; log->path[i]; i++) {
        if (!strchr(LOGFILE_NAME_CHARACTERS, log->path[i])) {
            log->path[i] = '_';
        }
    }
    result = logfile_open_path(log);
    return result ? pv_error_errno(error, -result, "cannot open the log %s", log->path) : 0;
}

static void logfile_break(struct logfile *log, int error)
{
    daemon_log(DAEMON_ERROR, "cannot write the log %s: %s", log->path, strerror(error));
    logfile_close(log);
}

static void logfile_rotate(struct logfile *log)
{
    char old[sizeof(log->path) + 2];
    int error;

    snprintf(old, sizeof(old), "%s.1", log->path);
    logfile_close(log);
    if (rename(log->path, old) != 0 && errno != ENOENT) {
        logfile_break(log, errno);
        return;
    }
    error = logfile_open_path(log);
    if (error) {
        logfile_break(log, -error);
    }
}

void logfile_write(struct logfile *log, const char *bytes, size_t length)
{
    while (log->fd >= 0 && length > 0) {
        ssize_t put = write(log->fd, bytes, length);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            logfile_break(log, errno);
            return;
        }
        bytes += put;
        length -= (size_t)put;
        log->size += (size_t)put;
        if (log->size >= log->limit) {
            logfile_rotate(log);
        }
    }
}

void logfile_reopen(struct logfile *log)
{
    logfile_close(log);
    if (logfile_open_path(log) != 0) {
        daemon_log(DAEMON_ERROR, "cannot open the log %s: %s", log->path, strerror(errno));
    }
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0) {
        close(log->fd);
        log->fd = -1;
    }
}
