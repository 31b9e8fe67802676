/* SPDX-License-Identifier: MIT */
/* The domain that grants and allocates, and takes back while the other uses it. */
#include "guest/test.h"
#include "pair/pair.h"

#define TURNS 300 /* for which something stays as it is, so that the other can win, too */

static volatile struct pair *pair;
static volatile uint64_t *data;
static domid_t taker;

static void wait_turns(void)
{
    for (unsigned int i = 0; i < TURNS; i++) {
        x86_pause();
    }
}

/* As a guest takes a grant back: by a compare-and-swap while nobody uses it. What it writes then is its own. */
static void revoke(void)
{
    uint16_t *flags = &grant_table()[pair->ref].flags, unused = GTF_permit_access;

    if (__atomic_compare_exchange_n(flags, &unused, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        *data = PAIR_PRIVATE;
        wait_turns();
        *data = PAIR_GIVEN;
        __atomic_store_n(flags, GTF_permit_access, __ATOMIC_SEQ_CST);
    }
    wait_turns();
}

static void open_port(void)
{
    struct evtchn_alloc_unbound request = {.dom = DOMID_SELF, .remote_dom = taker};

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, HARG(&request)) == 0) {
        pair->port = request.port;
    }
}

static void open_and_close(void)
{
    open_port();
    wait_turns();
    event_close(pair->port);
}

/* The console's port goes as well: from here on only the taker can tell what was seen. */
static void open_and_reset(void)
{
    struct evtchn_reset reset = {.dom = DOMID_SELF};

    for (unsigned int i = 0; i < 4; i++) {
        open_port();
    }
    wait_turns();
    hypercall_event_channel_op(EVTCHNOP_reset, HARG(&reset));
}

/* Watches the use of the page, for the test in which the taker dies: its use must end. */
static void watch_use(void)
{
    static bool used;
    uint16_t flags = __atomic_load_n(&grant_table()[pair->ref].flags, __ATOMIC_SEQ_CST);

    if (flags & GTF_writing && *data == PAIR_WRITTEN) {
        used = true;
    }
    if (used && !(flags & (GTF_reading | GTF_writing))) {
        printf("TEST pair_taker_dies: success\n");
        pair->wanted = PAIR_END;
    }
    hypercall_sched_op(SCHEDOP_yield, 0);
}

static void begin(uint32_t command)
{
    if (command == PAIR_HOLD) {
        open_port();
    }
    pair->rounds = 0;
    pair->done = command;
}

static void go_on(uint32_t command)
{
    switch (command) {
    case PAIR_REVOKE:
        revoke();
        break;
    case PAIR_CLOSE:
        open_and_close();
        break;
    case PAIR_RESET:
        open_and_reset();
        break;
    case PAIR_HOLD:
        watch_use();
        break;
    default:
        hypercall_sched_op(SCHEDOP_yield, 0);
        break;
    }
    pair->rounds++;
}

int pair_give(void)
{
    taker = (domid_t)(event_own_domain() + 1);
    pair = memory_page_alloc();
    data = memory_page_alloc();
    *data = PAIR_GIVEN;
    pair->ref = (grant_ref_t)grant_page(taker, (const void *)data, false);
    pair->magic = PAIR_MAGIC;
    if (grant_page(taker, (const void *)pair, false) <= 0) {
        return 1;
    }
    printf("PAIR gives to domain %u\n", taker);
    time_stop_tick();
    for (uint32_t command = PAIR_IDLE; command != PAIR_END; command = pair->wanted) {
        if (pair->done != command) {
            begin(command);
        }
        go_on(command);
    }
    return 0;
}
