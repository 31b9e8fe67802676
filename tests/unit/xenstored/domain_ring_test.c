/* SPDX-License-Identifier: MIT */
/*
 * A domain that goes on with its ring while the store works on it, and sends events only where Linux does: nothing may
 * be left lying. The event channel itself is not there; what the store would be told is counted here.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon.h"
#include "suites.h"
#include "xenstored/domain_ring.h"

#define STREAM_SIZE (512u * 1024)
#define STREAM_WAIT_MS 5000

static struct xenstore_domain_interface page;
static struct domains domains;
static struct domain domain;
static bool event; /* atomic: the guest has sent one */

static void setup(void)
{
    memset(&page, 0, sizeof(page));
    domains = (struct domains){.evtchn_fd = -1, .gntdev_fd = -1};
    domain = (struct domain){.ring = {.page = &page}, .conn = conn_new(1, true)};
    domain_ring_begin(&domain);
    event = false;
}

static void teardown(void)
{
    conn_free(domain.conn);
}

static void guest_sends(const void *bytes, uint32_t length)
{
    uint32_t prod = page.req_prod;

    for (uint32_t i = 0; i < length; i++) {
        page.req[MASK_XENSTORE_IDX(prod + i)] = ((const char *)bytes)[i];
    }
    page.req_prod = prod + length;
    if (prod <= page.req_cons) {
        event = true;
    }
}

START_TEST(a_body_that_comes_without_an_event_is_taken)
{
    struct xsd_sockmsg header = {.type = XS_READ, .len = 5};

    guest_sends(&header, sizeof(header));
    ck_assert(event);
    event = false;
    ck_assert(!domain_ring_take(&domain));
    guest_sends("/abc", 5);
    ck_assert(!event);
    domain_ring_tell(&domains, &domain);
    ck_assert(domain.awake && domain.look_again);
    ck_assert(domain_ring_take(&domain));
    domain.awake = false;
    domain_ring_tell(&domains, &domain);
    ck_assert(!domain.awake && domain.look_again);
    domain_ring_tell(&domains, &domain);
    ck_assert(!domain.awake && !domain.look_again);
}
END_TEST

/* Reads as Linux does: an event only for a ring that was full. */
static void *guest_reads(void *argument)
{
    for (uint32_t cons = 0; cons < STREAM_SIZE; sched_yield()) {
        uint32_t prod = __atomic_load_n(&page.rsp_prod, __ATOMIC_ACQUIRE), end = cons + (prod - cons + 1) / 2;

        if (prod == cons) {
            continue;
        }
        __atomic_store_n(&page.rsp_cons, end, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&page.rsp_prod, __ATOMIC_SEQ_CST) - cons >= XENSTORE_RING_SIZE) {
            __atomic_store_n(&event, true, __ATOMIC_SEQ_CST);
        }
        cons = end;
    }
    return argument;
}

START_TEST(output_goes_on_while_the_guest_reads)
{
    char *bytes = calloc(1, STREAM_SIZE);
    uint64_t start = daemon_now_ms();
    pthread_t guest;

    ck_assert_int_eq(conn_send_raw(domain.conn, bytes, STREAM_SIZE), 0);
    ck_assert_int_eq(pthread_create(&guest, NULL, guest_reads, NULL), 0);
    domain_ring_tell(&domains, &domain);
    while (domain.conn->out_bytes > 0 && daemon_now_ms() - start < STREAM_WAIT_MS) {
        if (__atomic_exchange_n(&event, false, __ATOMIC_SEQ_CST)) {
            domain_ring_tell(&domains, &domain);
        }
        sched_yield();
    }
    ck_assert_uint_eq(domain.conn->out_bytes, 0);
    pthread_join(guest, NULL);
    free(bytes);
}
END_TEST

Suite *domain_ring_suite(void)
{
    Suite *suite = suite_create("domain_ring");
    TCase *tests = tcase_create("domain_ring");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_body_that_comes_without_an_event_is_taken);
    tcase_add_test(tests, output_goes_on_while_the_guest_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
