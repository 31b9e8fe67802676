/* SPDX-License-Identifier: MIT */
/*
 * The handshake of split drivers as a pure function: from the states of the two ends, what this end does
 * next.
 *
 *     frontend                                     backend
 *     Initialising                                 Initialising
 *                                                  says what it can, InitWait        (ANNOUNCE)
 *     makes rings, says where, Initialised         (PUBLISH)
 *                                                  attaches to them, Connected       (CONNECT)
 *     reads what the device is, Connected          (CONNECT)
 *     either: Closing, then Closed                 (CLOSE)
 *
 * A frontend of a network interface says Connected already when its rings are there; both orders are taken.
 */
#ifndef GUEST_XENBUS_STEP_H
#define GUEST_XENBUS_STEP_H

#include <stdbool.h>

#include "pvabi/io/xenbus.h"

enum xenbus_role { XENBUS_FRONT, XENBUS_BACK };

enum xenbus_action {
    XENBUS_NOTHING,
    XENBUS_ANNOUNCE, /* a backend writes its features and goes to InitWait */
    XENBUS_PUBLISH,  /* a frontend makes and names its rings */
    XENBUS_CONNECT,  /* the other end is ready: use it */
    XENBUS_CLOSE,    /* let the rings go and say Closed */
};

/*
 * What to do when the other end is in state `theirs` (any number: it is the other domain's word) and this one
 * in `mine`, which only this end writes. `wanted` is false when this end is to end.
 */
enum xenbus_action xenbus_step(enum xenbus_role role, enum xenbus_state mine, unsigned long theirs,
                               bool wanted);

#endif
