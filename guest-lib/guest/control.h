/* SPDX-License-Identifier: MIT */
/* What the toolstack asks of the guest by its node control/shutdown: to end, to begin again, to be saved. */
#ifndef GUEST_CONTROL_H
#define GUEST_CONTROL_H

#include <stdbool.h>

enum control_request {
    CONTROL_NONE,
    CONTROL_POWEROFF,
    CONTROL_REBOOT,
    CONTROL_HALT,
    CONTROL_SUSPEND,
};

/* Says what the guest can do and watches for requests, which xenbus_work then sees. 0 or a negative error. */
int control_start(void);
/* The request that came, taken and acknowledged; CONTROL_NONE if none did. Never waits for one. */
enum control_request control_take(void);
/*
 * Does what was asked: does not come back from an end; true after a suspend, for whose result see
 * guest_suspend, left in *result. False if nothing was asked.
 */
bool control_work(int *result);

#endif
