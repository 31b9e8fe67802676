/* SPDX-License-Identifier: MIT */
/*
 * lab: domains=2
 *
 * An event goes to another domain and comes back: ./lab guest-lib/examples/lab/ping-pong.c
 *
 * ./lab starts two domains of this image with the words peers=A,B and index=I. The first offers a port in
 * xenstore and counts; the second answers each event by one. Each sleeps between.
 */
#include "guest/guest.h"
#include "guest/measure.h"
#include "guest/xenstore.h"

#define ROUNDS 500u

static volatile unsigned long seen;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    seen++;
}

static void wait_beyond(unsigned long value)
{
    for (;;) {
        event_disable();
        if (seen > value) {
            break;
        }
        event_block();
    }
    event_enable();
}

static domid_t peer_of(unsigned int index)
{
    char text[32] = "", *end;
    unsigned long first, second;

    guest_get_option("peers", text, sizeof(text));
    first = strtoul(text, &end, 10);
    second = strtoul(*end ? end + 1 : end, NULL, 10);
    return (domid_t)(index == 0 ? second : first);
}

static void ping(evtchn_port_t port)
{
    uint64_t best = ~0ul, sum = 0;

    /* The other's first event says that it is there. */
    wait_beyond(0);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        unsigned long before = seen;
        uint64_t start = x86_rdtsc(), took;

        event_send(port);
        wait_beyond(before);
        took = x86_rdtsc() - start;
        best = took < best ? took : best;
        sum += took;
    }
    printf("round_trip_least=%lu\n", measure_convert(best));
    printf("round_trip_mean=%lu\n", measure_convert(sum / ROUNDS));
}

static int offer(domid_t peer)
{
    char own[16], other[16];
    int port = event_alloc_unbound(peer);

    event_set_handler((evtchn_port_t)port, count, NULL);
    snprintf(own, sizeof(own), "n%u", event_own_domain());
    snprintf(other, sizeof(other), "r%u", peer);
    xs_write_number("data", "port", (unsigned long)port);
    xs_set_permissions(XS_NO_TRANSACTION, "data", own, other);
    return xs_set_permissions(XS_NO_TRANSACTION, "data/port", own, other) == 0 ? port : -1;
}

static int answer(domid_t peer)
{
    char folder[64];
    unsigned long remote;
    int port;

    snprintf(folder, sizeof(folder), "/local/domain/%u/data", peer);
    while (xs_read_number(folder, "port", &remote) != 0) {
        time_sleep(10 * TIME_MS);
    }
    port = event_bind_interdomain(peer, (evtchn_port_t)remote);
    if (port < 0) {
        return 1;
    }
    /* A port is pending when it has just been bound; that is no ping. */
    event_clear((evtchn_port_t)port);
    event_set_handler((evtchn_port_t)port, count, NULL);
    event_send((evtchn_port_t)port);
    for (unsigned long round = 0; round < ROUNDS; round++) {
        wait_beyond(round);
        event_send((evtchn_port_t)port);
    }
    return 0;
}

int guest_main(void)
{
    char index[4] = "0";
    domid_t peer;
    int port;

    guest_get_option("index", index, sizeof(index));
    peer = peer_of((unsigned int)strtoul(index, NULL, 10));
    if (xs_init() != 0) {
        printf("this needs xenstore: it runs as a domU\n");
        return 1;
    }
    measure_init();
    if (index[0] == '1') {
        return answer(peer);
    }
    port = offer(peer);
    if (port < 0) {
        return 1;
    }
    ping((evtchn_port_t)port);
    return 0;
}
