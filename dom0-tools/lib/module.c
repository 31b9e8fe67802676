/* SPDX-License-Identifier: MIT */
/* Modules of dom0's kernel, loaded when something needs them. */
#include "lib/module.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int pv_module_load(const char *name, struct pv_error *error)
{
    char *const words[] = {(char *)"modprobe", (char *)"-q", (char *)name, NULL};
    int status = 0, number;
    pid_t child;

    number = posix_spawnp(&child, words[0], NULL, NULL, words, environ);
    if (number) {
        return pv_error_errno(error, number, "starting modprobe for the module %s", name);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0 ? 0 : pv_error_set(error, PV_ERROR_FAILURE, "modprobe does not load the module %s", name);
}

int pv_module_backend(const char *kind, struct pv_error *error)
{
    const char *module = strcmp(kind, "vif") == 0 ? "xen-netback" : "xen-blkback";
    char path[64];

    snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/%s", kind);
    if (access(path, F_OK) == 0 || pv_module_load(module, error) == 0) {
        return 0;
    }
    return pv_error_wrap(error, "dom0's kernel has no backend for %s", kind);
}
