/* SPDX-License-Identifier: MIT */
/* The list of devices, the watches behind it, and the steps of each. */
#include "guest/xenbus.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "guest/printf.h"
#include "guest/string.h"
#include "guest/time.h"
#include "pvabi/errno.h"

#define DRIVERS_MAX  8
#define NAMES_SIZE   4096
#define FRONT_FOLDER "device"
#define BACK_FOLDER  "backend"

static const struct xenbus_driver *drivers[DRIVERS_MAX];
static unsigned int driver_count;
static struct xenbus_device *devices;
void (*xenbus_other_watch)(const char *token);

struct xenbus_device *xenbus_first(void)
{
    return devices;
}

static void set_state(struct xenbus_device *device, enum xenbus_state state)
{
    device->state = state;
    xs_write_number(device->path, "state", state);
}

static struct xenbus_device *find(const char *path)
{
    struct xenbus_device *device = devices;

    while (device && strcmp(device->path, path) != 0) {
        device = device->next;
    }
    return device;
}

/* The watch's token of a device is its address in hexadecimal; it is looked up, never followed. */
static struct xenbus_device *find_token(const char *token)
{
    unsigned long address = strtoul(token, NULL, 16);
    struct xenbus_device *device = devices;

    while (device && (unsigned long)device != address) {
        device = device->next;
    }
    return device;
}

static void watch_other(struct xenbus_device *device)
{
    char path[XS_PATH_MAX], token[24];

    snprintf(path, sizeof(path), "%s/state", device->other);
    snprintf(token, sizeof(token), "%lx", (unsigned long)device);
    xs_watch(path, token);
}

static void unwatch_other(struct xenbus_device *device, bool ask)
{
    char path[XS_PATH_MAX], token[24];

    snprintf(path, sizeof(path), "%s/state", device->other);
    snprintf(token, sizeof(token), "%lx", (unsigned long)device);
    if (ask) {
        xs_unwatch(path, token);
    } else {
        xs_forget(path, token);
    }
}

/* Makes the record of a device whose folder is there; false while the toolstack has not written all of it:
 * the state comes last. */
static bool add_device(const struct xenbus_driver *driver, const char *path)
{
    bool front = driver->role == XENBUS_FRONT;
    struct xenbus_device *device;
    unsigned long domain;
    char other[XENBUS_NAME_MAX];

    if (xs_read_text(path, "state", other, sizeof(other)) <= 0 ||
        xs_read_text(path, front ? "backend" : "frontend", other, sizeof(other)) <= 0 ||
        xs_read_number(path, front ? "backend-id" : "frontend-id", &domain) != 0) {
        return false;
    }
    device = calloc(1, sizeof(*device));
    device->driver = driver;
    device->other_domain = (domid_t)domain;
    device->index = strtoul(strrchr(path, '/') + 1, NULL, 10);
    strlcpy(device->path, path, sizeof(device->path));
    strlcpy(device->other, other, sizeof(device->other));
    device->next = devices;
    devices = device;
    device->failed = driver->probe(device) != 0;
    if (device->failed) {
        /* It stays in the list, so that it is not tried again at each change below the folder. */
        set_state(device, XenbusStateClosed);
        return false;
    }
    device->changed = true;
    set_state(device, XenbusStateInitialising);
    watch_other(device);
    return true;
}

/* Takes a device that is in no list any more to pieces. */
static void free_device(struct xenbus_device *device)
{
    if (device->active) {
        device->driver->disconnect(device);
    }
    if (device->data) {
        device->driver->remove(device);
    }
    free(device);
}

static void drop_device(struct xenbus_device *device)
{
    struct xenbus_device **link = &devices;

    while (*link != device) {
        link = &(*link)->next;
    }
    *link = device->next;
    if (!device->failed) {
        unwatch_other(device, true);
    }
    free_device(device);
}

/* Devices below a folder; names that the folder has and the list has not are new. */
static void scan_folder(const struct xenbus_driver *driver, const char *folder)
{
    char *names = malloc(NAMES_SIZE), path[XENBUS_NAME_MAX], *name = names;
    int count = xs_directory(0, folder, names, NAMES_SIZE);

    for (int i = 0; i < count; i++, name += strlen(name) + 1) {
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        if (!find(path)) {
            add_device(driver, path);
        }
    }
    free(names);
}

static void scan_backends(const struct xenbus_driver *driver, const char *folder)
{
    char *names = malloc(NAMES_SIZE), path[XENBUS_NAME_MAX], *name = names;
    int count = xs_directory(0, folder, names, NAMES_SIZE);

    for (int i = 0; i < count; i++, name += strlen(name) + 1) {
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        scan_folder(driver, path);
    }
    free(names);
}

/* Whether the folder is gone, or was made anew: then the first state stands where this end wrote another. */
static bool is_removed(const struct xenbus_device *device)
{
    unsigned long state = XenbusStateUnknown;

    return xs_read_number(device->path, "state", &state) == -XEN_ENOENT ||
           (state == XenbusStateInitialising && device->state != XenbusStateInitialising);
}

/* Devices whose folder is not theirs any more. */
static void forget_removed(const struct xenbus_driver *driver)
{
    struct xenbus_device *device = devices, *next;

    for (; device; device = next) {
        next = device->next;
        if (device->driver == driver && is_removed(device)) {
            drop_device(device);
        }
    }
}

static void scan(const struct xenbus_driver *driver)
{
    char folder[XENBUS_NAME_MAX];

    forget_removed(driver);
    snprintf(folder, sizeof(folder), "%s/%s", driver->role == XENBUS_FRONT ? FRONT_FOLDER : BACK_FOLDER,
             driver->type);
    if (driver->role == XENBUS_FRONT) {
        scan_folder(driver, folder);
    } else {
        scan_backends(driver, folder);
    }
}

int xenbus_register(const struct xenbus_driver *driver)
{
    char folder[XENBUS_NAME_MAX], token[16];
    int error = xs_init();

    if (error || driver_count == DRIVERS_MAX) {
        return error ? error : -XEN_ENOSPC;
    }
    drivers[driver_count] = driver;
    snprintf(folder, sizeof(folder), "%s/%s", driver->role == XENBUS_FRONT ? FRONT_FOLDER : BACK_FOLDER,
             driver->type);
    snprintf(token, sizeof(token), "driver%u", driver_count++);
    return xs_watch(folder, token);
}

static void close_device(struct xenbus_device *device)
{
    if (device->active) {
        set_state(device, XenbusStateClosing);
        device->active = false;
        device->driver->disconnect(device);
    } else if (device->driver->restart && device->data) {
        /* Between two backends: what waits for the next fails. */
        device->driver->disconnect(device);
    }
    set_state(device, XenbusStateClosed);
}

/* As Linux's frontend did for a disk that is mounted, until 5.14. It closes when it is released. */
static void refuse_to_close(struct xenbus_device *device)
{
    char folder[XS_PATH_MAX];

    snprintf(folder, sizeof(folder), "error/%s", device->path);
    xs_write_text(folder, "error", "16 Device in use; refusing to close");
    set_state(device, XenbusStateClosing);
}

static int publish(struct xenbus_device *device)
{
    int error;

    device->active = true;
    error = device->driver->publish(device);
    if (!error && device->driver->connected_early) {
        error = device->driver->connect(device);
    }
    if (!error) {
        set_state(device, device->driver->connected_early ? XenbusStateConnected : XenbusStateInitialised);
    }
    return error;
}

static int connect(struct xenbus_device *device)
{
    int error;

    device->active = true;
    error = device->driver->connect(device);
    if (!error) {
        set_state(device, XenbusStateConnected);
    }
    return error;
}

static int act(struct xenbus_device *device, enum xenbus_action action)
{
    int error = 0;

    switch (action) {
    case XENBUS_NOTHING:
        break;
    case XENBUS_ANNOUNCE:
        error = device->driver->announce(device);
        if (!error) {
            set_state(device, XenbusStateInitWait);
        }
        break;
    case XENBUS_PUBLISH:
        error = publish(device);
        break;
    case XENBUS_CONNECT:
        error = connect(device);
        break;
    case XENBUS_CLOSE:
        if (device->in_use && device->active) {
            refuse_to_close(device);
        } else {
            close_device(device);
        }
        break;
    }
    return error;
}

static void step(struct xenbus_device *device)
{
    bool wanted = device->driver->role == XENBUS_FRONT || xs_get_number(device->path, "online", 1) != 0;
    unsigned long theirs = xs_get_number(device->other, "state", XenbusStateUnknown);
    int error = act(device, xenbus_step(device->driver->role, device->state, theirs, wanted));

    if (error) {
        printf("%s: error %d, closed\n", device->path, error);
        close_device(device);
    }
}

static bool handle_watches(void)
{
    char path[XS_PATH_MAX], token[32];
    struct xenbus_device *device;
    bool any = false;

    while (xs_next_watch(path, sizeof(path), token, sizeof(token))) {
        any = true;
        if (strncmp(token, "driver", 6) == 0) {
            unsigned long index = strtoul(token + 6, NULL, 10);

            if (index < driver_count) {
                scan(drivers[index]);
            }
            continue;
        }
        device = find_token(token);
        if (device) {
            device->changed = true;
        } else if (xenbus_other_watch) {
            xenbus_other_watch(token);
        }
    }
    return any;
}

bool xenbus_work(void)
{
    bool any = handle_watches();

    for (struct xenbus_device *device = devices; device; device = device->next) {
        if (device->changed) {
            device->changed = false;
            any = true;
            step(device);
        }
        if (device->active && device->driver->work) {
            any |= device->driver->work(device);
        }
    }
    return any;
}

void xenbus_wait(void)
{
    event_disable();
    if (xenbus_work()) {
        event_enable();
    } else {
        event_block();
    }
}

struct xenbus_device *xenbus_await(const struct xenbus_driver *driver, unsigned int index,
                                   unsigned int seconds)
{
    uint64_t end = time_now() + seconds * TIME_S;

    for (;;) {
        unsigned int at = 0;

        for (struct xenbus_device *device = devices; device; device = device->next) {
            if (device->driver == driver && device->state == XenbusStateConnected && at++ == index) {
                return device;
            }
        }
        if (time_now() >= end) {
            return NULL;
        }
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
}

static bool is_busy(const struct xenbus_device *device)
{
    return device->active && device->driver->busy && device->driver->busy(device);
}

/* Works until the other end has answered, for a bounded time. */
static void wait_idle(const struct xenbus_device *device)
{
    uint64_t end = time_now() + XENBUS_CLOSE_SECONDS * TIME_S;

    while (is_busy(device) && time_now() < end) {
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
}

void xenbus_close(struct xenbus_device *device)
{
    wait_idle(device);
    close_device(device);
    while (xenbus_work()) {
    }
}

void xenbus_release(struct xenbus_device *device)
{
    device->in_use = false;
    if (device->state == XenbusStateClosing) {
        xenbus_close(device);
    }
}

void xenbus_suspend(void)
{
    for (struct xenbus_device *device = devices; device; device = device->next) {
        if (device->driver->role != XENBUS_BACK || !device->active) {
            continue;
        }
        if (device->driver->let_go) {
            device->driver->let_go(device);
        } else {
            close_device(device);
        }
    }
}

void xenbus_cancel(void)
{
    for (struct xenbus_device *device = devices; device; device = device->next) {
        if (device->driver->role == XENBUS_BACK && device->active &&
            device->driver->take_again(device) != 0) {
            close_device(device);
        }
    }
}

static void restart_device(struct xenbus_device *device)
{
    if (device->active && device->driver->restart) {
        device->driver->restart(device);
    } else if (device->active) {
        device->driver->disconnect(device);
    }
    device->active = false;
    device->changed = false;
    /* What the toolstack wrote for the new domain. */
    device->state = XenbusStateInitialising;
}

void xenbus_forget(void)
{
    struct xenbus_device **link = &devices;

    while (*link) {
        struct xenbus_device *device = *link;

        if (!device->failed) {
            unwatch_other(device, false);
        }
        if (device->failed || device->driver->role == XENBUS_BACK) {
            *link = device->next;
            free_device(device);
        } else {
            restart_device(device);
            link = &device->next;
        }
    }
}

/* The new domain's node of a device; one that has none is dropped when the watches of the folders fire. */
static bool find_nodes(struct xenbus_device *device)
{
    unsigned long domain;

    if (xs_read_text(device->path, "backend", device->other, sizeof(device->other)) <= 0 ||
        xs_read_number(device->path, "backend-id", &domain) != 0) {
        return false;
    }
    device->other_domain = (domid_t)domain;
    return true;
}

void xenbus_resume(void)
{
    for (struct xenbus_device *device = devices; device; device = device->next) {
        if (find_nodes(device)) {
            device->changed = true;
            watch_other(device);
        }
    }
}
