/* SPDX-License-Identifier: MIT */
/* What went wrong, as a value: formatting and wrapping of messages. */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pv_error_set(struct pv_error *error, enum pv_error_class class, const char *format, ...)
{
    va_list arguments;

    error->class = class;
    error->number = 0;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return -1;
}

int pv_error_errno(struct pv_error *error, int number, const char *format, ...)
{
    char context[sizeof(error->message)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
    pv_error_set(error, number == ENOMEM || number == ENOSPC ? PV_ERROR_RESOURCES : PV_ERROR_FAILURE,
                 "%.800s: %s", context, strerror(number));
    error->number = number;
    return -1;
}

int pv_error_wrap(struct pv_error *error, const char *format, ...)
{
    char context[sizeof(error->message)], inner[sizeof(error->message)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
    memcpy(inner, error->message, sizeof(inner));
    snprintf(error->message, sizeof(error->message), "%.400s: %.600s", context, inner);
    return -1;
}

int pv_error_class(struct pv_error *error, enum pv_error_class class)
{
    error->class = class;
    return -1;
}
