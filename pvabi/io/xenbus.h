/* SPDX-License-Identifier: MIT */
/* States of a split driver's ends, as each writes its own into xenstore. */
#ifndef PVABI_IO_XENBUS_H
#define PVABI_IO_XENBUS_H

enum xenbus_state {
    XenbusStateUnknown = 0,
    XenbusStateInitialising = 1,
    XenbusStateInitWait = 2,            /* the backend has said what it can and waits for the frontend */
    XenbusStateInitialised = 3,         /* the frontend has said where its rings are */
    XenbusStateConnected = 4,
    XenbusStateClosing = 5,
    XenbusStateClosed = 6,
    XenbusStateReconfiguring = 7,       /* pass-through of PCI: devices come or go */
    XenbusStateReconfigured = 8
};
typedef enum xenbus_state XenbusState;

#endif /* PVABI_IO_XENBUS_H */
