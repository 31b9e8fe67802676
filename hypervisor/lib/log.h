/* SPDX-License-Identifier: MIT */
/* Messages, by whom they blame: errors are the hypervisor's, warnings a guest's; info tells of lives. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/types.h"

enum log_level {
    LOG_ERROR,
    LOG_WARNING, /* a guest misbehaves: rate-limited */
    LOG_INFO,
    LOG_DEBUG,
};

/* Prints one line (no newline needed) to the hypervisor's log and console if the level is enabled. Any context. */
void log_print(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

#endif
