/* SPDX-License-Identifier: MIT */
/*
 * A guest that is saved and restored under load: fills memory with patterns, keeps eight writes to its disk
 * on their way, talks to an echo server and has a second vCPU at work; after each suspend it says whether all
 * is as it was.
 *
 * Words of the command line: fifo makes it use the FIFO format of events; ip=A.B.C.D is its address, and
 * peer=A.B.C.D that of an echo server (examples/echo.c), without which it needs no network interface.
 */
#include "keeper.h"

#define PAGES 1000ul

static char *memory;
static volatile bool rang;

void keeper_fill(char *at, unsigned long size, uint64_t seed)
{
    for (unsigned long i = 0; i < size; i += sizeof(seed)) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        memcpy(at + i, &seed, sizeof(seed));
    }
}

static bool memory_is_kept(void)
{
    static char wanted[PAGE_SIZE];

    for (unsigned long page = 0; page < PAGES; page++) {
        keeper_fill(wanted, PAGE_SIZE, page);
        if (memcmp(memory + page * PAGE_SIZE, wanted, PAGE_SIZE) != 0) {
            return false;
        }
    }
    return true;
}

static bool tables_work(void)
{
    char *page = memory_page_alloc(), *again = pt_map_frame(memory_va_to_mfn(page), PTE_PAGE);
    bool good;

    if (!again) {
        return false;
    }
    *again = 77;
    good = *page == 77;
    pt_unmap(again);
    memory_page_free(page);
    return good;
}

static void ring(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    rang = true;
}

/* A timer's event, on a port of its own. */
static bool timer_rings(void)
{
    int port = event_bind_virq(VIRQ_TIMER, 0);
    uint64_t end = time_now() + 30 * TIME_S;

    if (port < 0) {
        return false;
    }
    rang = false;
    event_set_handler((evtchn_port_t)port, ring, NULL);
    time_set_timer(time_now() + TIME_MS);
    while (!rang && time_now() < end) {
        time_sleep(TIME_MS);
    }
    event_close((evtchn_port_t)port);
    return rang;
}

static void verdict(const char *what, bool good)
{
    printf("keeper: %s %s\n", what, good ? "good" : "BAD");
}

static void look_around(int result, unsigned int round, unsigned int on_their_way)
{
    printf("keeper: round %u: %s (%d), %u writes on their way\n", round,
           result == SUSPEND_RESTORED    ? "restored"
           : result == SUSPEND_CANCELLED ? "cancelled"
                                         : "refused",
           result, on_their_way);
    verdict("memory", memory_is_kept());
    verdict("tables", tables_work());
    verdict("timer", timer_rings());
    printf("keeper: disk %s\n", disk_verdict());
    verdict("replay", disk_replayed() == (result == SUSPEND_RESTORED ? on_their_way : 0));
    verdict("net", net_goes_on());
    verdict("worker", worker_goes_on());
    printf("keeper: round %u ends\n", round);
}

static void serve(void)
{
    unsigned int round = 0;
    int result;

    for (;;) {
        unsigned int on_their_way = disk_write_on();

        net_work();
        if (control_work(&result)) {
            look_around(result, ++round, on_their_way);
        }
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
}

int guest_main(void)
{
    time_stop_tick();
    if ((guest_has_option("fifo") && event_use_fifo() != 0) || control_start() != 0) {
        printf("keeper: no FIFO events or no xenstore\n");
        return 1;
    }
    memory = memory_pages_alloc(PAGES);
    for (unsigned long page = 0; page < PAGES; page++) {
        keeper_fill(memory + page * PAGE_SIZE, PAGE_SIZE, page);
    }
    if (!disk_start() || !net_start()) {
        return 1;
    }
    worker_start();
    printf("keeper: ready\n");
    serve();
    return 1;
}
