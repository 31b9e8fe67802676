/* SPDX-License-Identifier: MIT */
/* Writes and reads text through console_io or the console ring. */
#include "guest/console.h"

#include <stdbool.h>
#include <stdint.h>

#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/start.h"
#include "guest/x86.h"
#include "pvabi/event_channel.h"
#include "pvabi/io/console.h"
#include "pvabi/sched.h"

/* How often a full ring is looked at before its text is dropped; each look gives up the CPU. */
#define CONSOLE_PATIENCE 20000

static volatile struct xencons_interface *ring;
static bool direct = true;

void console_init(void)
{
    if (!guest_is_initial_domain() && guest_start_info->console.domU.mfn) {
        ring = memory_mfn_to_va(guest_start_info->console.domU.mfn);
    }
}

static void ring_notify(void)
{
    struct evtchn_send send = {.port = guest_start_info->console.domU.evtchn};

    hypercall_event_channel_op(EVTCHNOP_send, HARG(&send));
}

static bool ring_wait_for_space(void)
{
    for (unsigned int tries = 0; tries < CONSOLE_PATIENCE; tries++) {
        if (ring->out_prod - ring->out_cons < sizeof(ring->out)) {
            return true;
        }
        ring_notify();
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    return false;
}

static void ring_put(char c)
{
    if (!ring_wait_for_space()) {
        return;
    }
    ring->out[ring->out_prod % sizeof(ring->out)] = c;
    /* The text before the index: the console daemon reads them in the other order. */
    x86_mfence();
    ring->out_prod++;
}

void console_write(const char *text, size_t length)
{
    if (direct) {
        direct = hypercall_console_io(CONSOLEIO_write, length, HARG(text)) >= 0;
    }
    if (!ring || !length) {
        return;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            ring_put('\r');
        }
        ring_put(text[i]);
    }
    ring_notify();
}

size_t console_read(char *buffer, size_t size)
{
    size_t count = 0;
    long read;

    if (!ring) {
        read = hypercall_console_io(CONSOLEIO_read, size, HARG(buffer));
        return read > 0 ? (size_t)read : 0;
    }
    while (count < size && ring->in_cons != ring->in_prod) {
        buffer[count++] = ring->in[ring->in_cons % sizeof(ring->in)];
        x86_mfence();
        ring->in_cons++;
    }
    if (count) {
        ring_notify();
    }
    return count;
}
