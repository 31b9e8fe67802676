/* SPDX-License-Identifier: MIT */
/* The table of the handshake. */
#include "guest/xenbus_step.h"

static bool is_up(enum xenbus_state state)
{
    return state == XenbusStateInitWait || state == XenbusStateInitialised || state == XenbusStateConnected;
}

static enum xenbus_action step_front(enum xenbus_state mine, unsigned long theirs)
{
    switch (theirs) {
    case XenbusStateInitWait:
        return mine == XenbusStateInitialising ? XENBUS_PUBLISH : XENBUS_NOTHING;
    case XenbusStateConnected:
        return mine == XenbusStateInitialised ? XENBUS_CONNECT : XENBUS_NOTHING;
    case XenbusStateClosing:
    case XenbusStateClosed:
        return is_up(mine) ? XENBUS_CLOSE : XENBUS_NOTHING;
    default:
        return XENBUS_NOTHING;
    }
}

static enum xenbus_action step_back(enum xenbus_state mine, unsigned long theirs)
{
    switch (theirs) {
    case XenbusStateInitialising:
        /* Also one that was closed and begins anew. */
        if (mine == XenbusStateInitialising || mine == XenbusStateClosed) {
            return XENBUS_ANNOUNCE;
        }
        return mine == XenbusStateConnected ? XENBUS_CLOSE : XENBUS_NOTHING;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        return mine == XenbusStateInitWait ? XENBUS_CONNECT : XENBUS_NOTHING;
    case XenbusStateClosing:
    case XenbusStateClosed:
    case XenbusStateUnknown:
        return is_up(mine) ? XENBUS_CLOSE : XENBUS_NOTHING;
    default:
        return XENBUS_NOTHING;
    }
}

enum xenbus_action xenbus_step(enum xenbus_role role, enum xenbus_state mine, unsigned long theirs,
                               bool wanted)
{
    if (!wanted) {
        return mine == XenbusStateClosed ? XENBUS_NOTHING : XENBUS_CLOSE;
    }
    return role == XENBUS_FRONT ? step_front(mine, theirs) : step_back(mine, theirs);
}
