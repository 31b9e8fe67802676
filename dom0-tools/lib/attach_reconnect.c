/* SPDX-License-Identifier: MIT */
/* A device's backend is restarted under a running guest. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/attach.h"
#include "lib/backend.h"
#include "lib/plug.h"
#include "pvabi/io/xenbus.h"

#define STEP_MS 20

/* One of the domain's devices as it is now; `device->name` NULL where it has none of that number. What it holds belongs
 * to the list. */
static int look(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, struct pv_attached *device,
                struct pv_error *error)
{
    struct pv_attached *list;
    size_t count;

    *device = (struct pv_attached){0};
    if (pv_attached_list(host, domid, kind, &list, &count, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == number) {
            *device = (struct pv_attached){.backend = list[i].backend, .number = number, .state = list[i].state,
                                           .guest_state = list[i].guest_state};
            device->backend_error = strdup(list[i].backend_error);
        }
    }
    pv_attached_free(list, count);
    return device->backend_error ? 0 : pv_error_set(error, PV_ERROR_USAGE, "there is no such device");
}

/* The interface of the new backend joins its bridge, unless parvis-monitord was sooner. */
static int join(struct pv_host *host, uint16_t domid, uint32_t number, int wait_ms, struct pv_error *error)
{
    char name[PV_PLUG_NAME];
    bool done;

    pv_plug_name(domid, number, name);
    for (int waited = 0; if_nametoindex(name) == 0; waited += STEP_MS) {
        if (waited >= wait_ms) {
            return pv_error_set(error, PV_ERROR_TIMEOUT, "the new backend has not made %s within %d s", name,
                                wait_ms / 1000);
        }
        usleep(STEP_MS * 1000);
    }
    return pv_plug_again(host->xs, domid, number, &done, error);
}

static int wait_connected(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, int wait_ms,
                          struct pv_error *error)
{
    struct pv_attached device;

    for (int waited = 0; look(host, domid, kind, number, &device, error) == 0; waited += STEP_MS) {
        bool failed = device.backend_error[0] || device.guest_state != XenbusStateConnected;

        if (device.state == XenbusStateConnected || failed || waited >= wait_ms) {
            int result = device.state == XenbusStateConnected
                             ? 0
                             : pv_error_set(error, failed ? PV_ERROR_FAILURE : PV_ERROR_TIMEOUT,
                                            "the new backend does not connect: it is %s, the guest's end %s%s%.200s",
                                            pv_attached_state(device.state), pv_attached_state(device.guest_state),
                                            device.backend_error[0] ? "; it says: " : "", device.backend_error);

            free(device.backend_error);
            return result;
        }
        free(device.backend_error);
        usleep(STEP_MS * 1000);
    }
    return -1;
}

int pv_reconnect(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, int wait_ms,
                 struct pv_error *error)
{
    char name[PV_BACKEND_NAME];
    struct pv_attached device;

    if (look(host, domid, kind, number, &device, error) != 0) {
        return -1;
    }
    free(device.backend_error);
    if (device.backend != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "domain %u serves it, not dom0", device.backend);
    }
    if (pv_backend_restart(pv_backend_name(kind, domid, number, name), wait_ms, error) != 0 ||
        (strcmp(kind, "vif") == 0 && join(host, domid, number, wait_ms, error) != 0)) {
        return -1;
    }
    return device.guest_state == XenbusStateConnected ? wait_connected(host, domid, kind, number, wait_ms, error) : 0;
}
