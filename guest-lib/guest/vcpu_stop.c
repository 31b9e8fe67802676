/* SPDX-License-Identifier: MIT */
/*
 * Stopping the other vCPUs: an event of its own for each, whose handler waits.
 *
 * Upcalls of a vCPU that waits are masked, and it holds no lock of the library, whose holders mask them too.
 * While it waits it touches nothing but these variables: shared_info and the grant table are not mapped then.
 */
#include <stddef.h>

#include "guest/event.h"
#include "guest/hypercall.h"
#include "guest/time.h"
#include "guest/vcpu.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

static struct {
    evtchn_port_t port; /* 0: not asked to wait */
    volatile bool waits;
} stops[VCPU_MAX];

static volatile bool held;

static bool is_up(unsigned int id)
{
    return hypercall_vcpu_op(VCPUOP_is_up, id, 0) == 1;
}

static void stand(evtchn_port_t port, void *data)
{
    unsigned int id = vcpu_current()->id;

    (void)port;
    (void)data;
    stops[id].waits = true;
    while (held) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    /* A new domain's vCPUs begin with a tick. */
    time_resume();
    stops[id].waits = false;
}

static int ask(unsigned int id)
{
    int port = event_bind_ipi(id);

    if (port < 0) {
        return port;
    }
    stops[id].port = (evtchn_port_t)port;
    event_set_handler(stops[id].port, stand, NULL);
    return event_send(stops[id].port);
}

/* Whether each of the others waits or is down. */
static bool all_wait(void)
{
    for (unsigned int id = 0; id < VCPU_MAX; id++) {
        if (id != vcpu_current()->id && !stops[id].waits && is_up(id)) {
            return false;
        }
    }
    return true;
}

static int ask_all(void)
{
    int error = 0;

    for (unsigned int id = 0; id < VCPU_MAX && !error; id++) {
        /* One that is up and not running the library's is on its way down, or somebody else's. */
        if (id != vcpu_current()->id && vcpu_get(id)->up && is_up(id)) {
            error = ask(id);
        }
    }
    return error;
}

int vcpu_stop_others(void)
{
    uint64_t end = time_now() + VCPU_STOP_SECONDS * TIME_S;
    int error;

    held = true;
    error = ask_all();
    while (!error && !all_wait()) {
        error = time_now() < end ? 0 : -XEN_EBUSY;
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    if (error) {
        vcpu_release_others(true);
    }
    return error;
}

void vcpu_release_others(bool same)
{
    held = false;
    for (unsigned int id = 0; id < VCPU_MAX; id++) {
        while (stops[id].waits) {
            hypercall_sched_op(SCHEDOP_yield, 0);
        }
        if (stops[id].port && same) {
            event_close(stops[id].port);
        }
        stops[id].port = 0;
    }
}
