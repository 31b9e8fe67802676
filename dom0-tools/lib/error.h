/* SPDX-License-Identifier: MIT */
/* What went wrong, as a value: a message for a person and a class for a program. */
#ifndef PVTOOLS_ERROR_H
#define PVTOOLS_ERROR_H

#include <stdbool.h>

/* Classes are the exit codes of the programs; parvis(1) documents them. */
enum pv_error_class {
    PV_ERROR_NONE = 0,
    PV_ERROR_FAILURE = 1,    /* the system refused, or something broke */
    PV_ERROR_USAGE = 2,      /* the command line or the configuration makes no sense */
    PV_ERROR_NO_DOMAIN = 3,  /* there is no such domain */
    PV_ERROR_RESOURCES = 4,  /* not enough memory, CPUs or domain numbers */
    PV_ERROR_NAME_TAKEN = 5, /* another domain has this name or uuid */
    PV_ERROR_NO_HOST = 6,    /* not in dom0, no right to be there, or a daemon does not answer */
    PV_ERROR_TIMEOUT = 7,    /* it did not happen in the time given */
};

struct pv_error {
    enum pv_error_class class;
    int number;         /* errno of the cause, positive, or 0 where there is none */
    char message[1024]; /* one line, no newline at the end; longer messages are cut */
};

/*
 * Functions that can fail take a `struct pv_error *` as last parameter, fill it when they fail, and return -1
 * or NULL. The pointer is never NULL. An error is set once, where it happens, and wrapped on the way up.
 */

/* Sets the error to a class and a message. Returns -1, so that `return pv_error_set(...)` reads well. */
int pv_error_set(struct pv_error *error, enum pv_error_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the error to "MESSAGE: what errno `number` means". Class: RESOURCES for ENOMEM and ENOSPC, else
 * FAILURE. */
int pv_error_errno(struct pv_error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "MESSAGE: " in front of what is there; the class stays. Returns -1. */
int pv_error_wrap(struct pv_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Changes only the class. Returns -1. */
int pv_error_class(struct pv_error *error, enum pv_error_class class);

#endif
