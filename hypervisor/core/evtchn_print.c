/* SPDX-License-Identifier: MIT */
/* Prints a domain's event channels for a debug key. It waits for no lock: a machine that hangs must still tell. */
#include "core/evtchn_port.h"

#include "lib/log.h"
#include "lib/printf.h"

static void evtchn_print_port(const struct domain *d, const struct evtchn *port)
{
    static const char *const names[] = {"free", "reserved", "unbound", "interdomain", "pirq", "virq", "ipi"};
    bool pending = evtchn_fifo_is_active(d) ? evtchn_fifo_pending(d, port) : evtchn_2l_pending(d, port);
    uint8_t state = port->state;
    char binding[32] = "";

    if (state == EVTCHN_INTERDOMAIN) {
        format_buffer(binding, sizeof(binding), "d%u port %u", port->u.peer.domain->id, port->u.peer.port);
    } else if (state == EVTCHN_UNBOUND) {
        format_buffer(binding, sizeof(binding), "for d%u", port->u.unbound_for);
    } else if (state == EVTCHN_VIRQ || state == EVTCHN_PIRQ) {
        format_buffer(binding, sizeof(binding), "%u", state == EVTCHN_VIRQ ? port->u.virq : port->u.pirq);
    }
    log_info("  port %u: v%u %s %s%s", port->port, port->vcpu, names[state], binding, pending ? ", pending" : "");
}

void evtchn_print(const struct domain *d)
{
    log_info("d%u: %s, %u ports in use, %u vCPUs poll", d->id, evtchn_fifo_is_active(d) ? "FIFO" : "2-level",
             d->evtchn.active, port_read_u32(&d->evtchn.pollers));
    for (evtchn_port_t i = 1; i < port_read_u32(&d->evtchn.valid_ports); i++) {
        struct evtchn *port = evtchn_lookup(d, i);
        struct lock_token own = lock_try(&port->lock);

        if (!own.lock) {
            log_info("  port %u: locked", i);
        } else if (evtchn_is_usable(port)) {
            evtchn_print_port(d, port);
        }
        if (own.lock) {
            lock_release(own);
        }
    }
}
