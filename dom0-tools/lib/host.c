/* SPDX-License-Identifier: MIT */
/* The host as a toolstack uses it: hypervisor and xenstore together. */
#include "lib/host.h"

#include <stddef.h>

int pv_host_open(struct pv_host *host, struct pv_error *error)
{
    *host = (struct pv_host){0};
    host->ctx = pv_ctx_open(error);
    if (!host->ctx) {
        return -1;
    }
    host->xs = xs_open(error);
    if (!host->xs) {
        pv_host_close(host);
        return -1;
    }
    return 0;
}

void pv_host_close(struct pv_host *host)
{
    xs_close(host->xs);
    pv_ctx_close(host->ctx);
    *host = (struct pv_host){0};
}

void pv_host_progress(const struct pv_host *host, const char *what)
{
    if (host->progress) {
        host->progress(host->progress_argument, what);
    }
}
