/* SPDX-License-Identifier: MIT */
/* The host as a toolstack uses it: hypervisor and xenstore together, and a way to tell of progress. */
#ifndef PVTOOLS_HOST_H
#define PVTOOLS_HOST_H

#include "lib/hypercall.h"
#include "lib/xs.h"

struct pv_host {
    struct pv_ctx *ctx;
    struct xs_client *xs; /* has no watches */
    /* Told what is done now, in words for a person; may be NULL. */
    void (*progress)(void *argument, const char *what);
    void *progress_argument;
};

/* Connects to both. Failures have the class NO_HOST. */
int pv_host_open(struct pv_host *host, struct pv_error *error);
void pv_host_close(struct pv_host *host);
void pv_host_progress(const struct pv_host *host, const char *what);

#endif
