/* SPDX-License-Identifier: MIT */
/*
 * Split drivers of this guest, both ends: finds the devices in xenstore, and leads each through the handshake
 * of xenbus_step.h. A driver is a table of functions; all run from xenbus_work, never in an event handler.
 */
#ifndef GUEST_XENBUS_H
#define GUEST_XENBUS_H

#include <stdbool.h>

#include "guest/xenbus_step.h"
#include "guest/xenstore.h"
#include "pvabi/xen.h"

#define XENBUS_NAME_MAX      96
#define XENBUS_CLOSE_SECONDS 20

struct xenbus_device;

/* Results are 0 or a negative error, which closes the device. */
struct xenbus_driver {
    enum xenbus_role role;
    const char *type; /* "vbd", "vif", "console" */
    /* A frontend that says Connected at once, as network interfaces do. */
    bool connected_early;
    /* A new device; leaves its record in device->data. */
    int (*probe)(struct xenbus_device *device);
    int (*announce)(struct xenbus_device *device); /* a backend's features */
    int (*publish)(struct xenbus_device *device);  /* a frontend's rings */
    int (*connect)(struct xenbus_device *device);
    void (*disconnect)(struct xenbus_device *device); /* of a device that was published or connected */
    void (*remove)(struct xenbus_device *device);     /* frees device->data, which probe made */
    /* A connected backend before a suspend: it lets go of what is the frontend's; and after one that was
     * cancelled it takes that again. A backend without these is closed. */
    void (*let_go)(struct xenbus_device *device);
    int (*take_again)(struct xenbus_device *device);
    /* A frontend whose domain goes on as another: rings, grants and ports are gone; it keeps what waits for
     * an answer and is led through the handshake anew. One without this is disconnected. */
    void (*restart)(struct xenbus_device *device);
    /* Looks at the rings; true if there was work. */
    bool (*work)(struct xenbus_device *device);
    /* Whether the other end has still to answer something; xenbus_close waits for it. May be NULL. */
    bool (*busy)(const struct xenbus_device *device);
};

struct xenbus_device {
    struct xenbus_device *next;
    const struct xenbus_driver *driver;
    char path[XENBUS_NAME_MAX];  /* this end's folder */
    char other[XENBUS_NAME_MAX]; /* the other end's */
    domid_t other_domain;
    unsigned long index;
    enum xenbus_state state;
    bool active;  /* rings are there */
    bool changed; /* the other end's state is to be read */
    bool failed;  /* the driver did not want it */
    /* Set by the program: the frontend refuses to close, and says so in xenstore, until xenbus_release. */
    bool in_use;
    void *data;
};

/* Registers a driver and watches for its devices. -XEN_ENODEV without xenstore. */
int xenbus_register(const struct xenbus_driver *driver);
/* Does what has come: new devices, changed states, rings. True if there was something. */
bool xenbus_work(void);
/* xenbus_work until there is nothing more, then sleeps until an event. */
void xenbus_wait(void);
/* Works until a device of the driver is connected, at most `seconds`; NULL if none is. The index'th of them.
 */
struct xenbus_device *xenbus_await(const struct xenbus_driver *driver, unsigned int index,
                                   unsigned int seconds);
/*
 * Closes the device, after the other end has answered what was asked of it: what was sent just before is not
 * lost. An end that does not answer is waited for XENBUS_CLOSE_SECONDS at most.
 */
void xenbus_close(struct xenbus_device *device);
/* The program needs the device no more; closes it if that was asked for meanwhile. */
void xenbus_release(struct xenbus_device *device);
/* Around a suspend. Before: backends let go of the frontends' pages, which cannot be saved. */
void xenbus_suspend(void);
/* After one that was cancelled: they take them again, and frontends go on. */
void xenbus_cancel(void);
/*
 * As another domain, in two steps: when ports and grants are gone and xenstore is not there yet, frontends
 * keep what waits, and backends, whose frontends know another domain, end; when xenstore is there, the
 * frontends look for their new nodes and begin the handshake.
 */
void xenbus_forget(void);
void xenbus_resume(void);
/* Gets the token of a watch that is no device's. */
extern void (*xenbus_other_watch)(const char *token);
/* All devices, for listings. */
struct xenbus_device *xenbus_first(void);

#endif
