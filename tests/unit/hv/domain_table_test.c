/* SPDX-License-Identifier: MIT */
/* Tests of the table of domains, references, and of making domains and vCPUs when memory runs out. */
#include "core/frame.h"
#include "core/heap.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

static const struct domain_config config = {.vcpu_count = 2,
                                            .event_port_max = UINT32_MAX,
                                            .grant_version_max = 2,
                                            .grant_frames_max = 4,
                                            .maptrack_frames_max = 4};

START_TEST(ids_are_given_in_turn)
{
    struct domain *a = dbench_domain(0, 1), *b = dbench_domain(0, 1), *c;
    domid_t last = b->id;

    ck_assert_uint_eq(b->id, a->id + 1);
    dbench_kill(b);
    c = dbench_domain(0, 1);
    ck_assert_uint_eq(c->id, last + 1); /* an id is not used again soon */
}
END_TEST

START_TEST(ids_wrap_around)
{
    struct domain *high = dbench_domain(DOMID_FIRST_RESERVED - 1, 1), *d;
    struct domain *low = dbench_domain(0, 1);

    ck_assert_ptr_eq(domain_get_next(DOMID_FIRST_RESERVED - 1), high);
    domain_put(high);
    ck_assert_ptr_null(domain_get_next(DOMID_FIRST_RESERVED));
    d = dbench_domain(DOMID_FIRST_RESERVED - 2, 1);
    dbench_kill(d);
    ck_assert_uint_eq(low->id, 1);
}
END_TEST

START_TEST(bad_ids_and_counts)
{
    struct domain_config bad = config;
    struct domain *d;

    ck_assert_int_eq(domain_create(0, &config, &d), -XEN_EEXIST);
    ck_assert_int_eq(domain_create(DOMID_FIRST_RESERVED, &config, &d), -XEN_EINVAL);
    bad.vcpu_count = 0;
    ck_assert_int_eq(domain_create(5, &bad, &d), -XEN_EINVAL);
    bad.vcpu_count = DOMAIN_VCPUS_MAX + 1;
    ck_assert_int_eq(domain_create(5, &bad, &d), -XEN_EINVAL);
    ck_assert_ptr_null(domain_get(5));
    ck_assert_ptr_null(domain_get(DOMID_SELF));
    ck_assert_ptr_null(domain_get(DOMID_INVALID));
}
END_TEST

START_TEST(a_vcpu_is_made_once)
{
    struct domain *d;

    ck_assert_int_eq(domain_create(7, &config, &d), 0);
    ck_assert_ptr_null(domain_vcpu(d, 0));
    ck_assert_int_eq(vcpu_create(d, 2), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_create(d, 1), 0);
    ck_assert_int_eq(vcpu_create(d, 1), -XEN_EEXIST);
    ck_assert_ptr_nonnull(domain_vcpu(d, 1));
    ck_assert_ptr_null(domain_vcpu(d, 2));
    ck_assert_ptr_null(domain_vcpu(d, UINT32_MAX));
    domain_put(d);
    dbench_kill(d);
}
END_TEST

START_TEST(references_keep_a_domain)
{
    struct domain *d = dbench_domain(9, 1), *same = domain_get(9);
    struct xen_domctl op = {0};

    ck_assert_ptr_eq(d, same);
    ck_assert_int_eq(dbench_domctl(9, XEN_DOMCTL_destroydomain, &op), 0);
    /* It is found, with what is left of it, until the last reference goes. */
    ck_assert_int_eq(dbench_domctl(9, XEN_DOMCTL_getdomaininfo, &op), 0);
    ck_assert_uint_eq(op.domain, 9);
    ck_assert(op.u.getdomaininfo.flags & XEN_DOMINF_dying);
    ck_assert_int_eq(dbench_domctl(9, XEN_DOMCTL_destroydomain, &op), 0);
    ck_assert_int_eq(
        dbench_domctl(9, XEN_DOMCTL_createdomain,
                      &(struct xen_domctl){.u.createdomain = {.max_vcpus = 1, .max_evtchn_port = 1023}}),
        -XEN_EEXIST);
    domain_put(same);
    ck_assert_ptr_null(domain_get(9));
    ck_assert_ptr_null(domain_by_id(9));
    ck_assert_int_eq(dbench_domctl(9, XEN_DOMCTL_destroydomain, &op), -XEN_ESRCH);
}
END_TEST

START_TEST(a_mapped_frame_keeps_its_domain)
{
    struct domain *d = dbench_domain(9, 1);
    struct xen_domctl op = {0};
    mfn_t frame;

    ck_assert_int_eq(mm_alloc(d, 0, 0, &frame), 0);
    ck_assert(frame_get(frame, d));
    ck_assert_int_eq(dbench_domctl(9, XEN_DOMCTL_destroydomain, &op), 0);
    ck_assert_ptr_eq(domain_by_id(9), d);
    ck_assert_int_eq(d->life, DOMAIN_DEAD);
    frame_put(frame);
    ck_assert_ptr_null(domain_by_id(9));
}
END_TEST

START_TEST(the_table_is_walked_in_order)
{
    const domid_t ids[] = {3, 300, 30000};
    struct domain *d;

    for (unsigned int i = ARRAY_SIZE(ids); i-- > 0;) {
        dbench_domain(ids[i], 1);
    }
    d = domain_get_next(0);
    ck_assert_ptr_eq(d, dbench_first);
    domain_put(d);
    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
        struct domain *next = domain_get_next((domid_t)(i == 0 ? 1 : ids[i - 1] + 1));

        ck_assert_uint_eq(next->id, ids[i]);
        domain_put(next);
    }
    ck_assert_ptr_null(domain_get_next(30001));
}
END_TEST

/* Every allocation of domain_create and vcpu_create fails once: nothing stays behind, and at last it works.
 */
START_TEST(nothing_leaks_when_memory_runs_out)
{
    uint64_t free_before;
    unsigned int n = 1;

    dbench_kill(dbench_domain(11, 2)); /* queues and timers have grown to what two vCPUs need */
    free_before = dbench_free_frames();
    for (bool made = false; !made; n++) {
        struct domain *d = NULL;
        int error;

        fake_fail_alloc(n);
        error = domain_create(11, &config, &d);
        error = error ? error : vcpu_create(d, 0);
        error = error ? error : vcpu_create(d, 1);
        made = !fake_failed_alloc();
        fake_fail_alloc(0);
        ck_assert_int_eq(error, made ? 0 : -XEN_ENOMEM);
        if (d) {
            domain_put(d);
            dbench_kill(d);
        }
        ck_assert_ptr_null(domain_by_id(11));
        ck_assert_uint_eq(dbench_free_frames(), free_before);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

/* Domains come and go: not one frame is lost, whatever they had. */
START_TEST(no_frame_is_lost)
{
    uint64_t free_before = 0;

    for (unsigned int round = 0; round < 20; round++) {
        struct domain *d = dbench_domain(77, 2);
        mfn_t frame;

        dbench_boot(d);
        for (unsigned int i = 0; i < 64; i++) {
            ck_assert_int_eq(mm_alloc(d, 0, 0, &frame), 0);
        }
        dbench_kill(d);
        if (round == 0) {
            free_before = dbench_free_frames();
        }
        ck_assert_uint_eq(dbench_free_frames(), free_before);
    }
}
END_TEST

TCase *domain_table_tests(void)
{
    TCase *tests = tcase_create("table");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, ids_are_given_in_turn);
    tcase_add_test(tests, ids_wrap_around);
    tcase_add_test(tests, bad_ids_and_counts);
    tcase_add_test(tests, a_vcpu_is_made_once);
    tcase_add_test(tests, references_keep_a_domain);
    tcase_add_test(tests, a_mapped_frame_keeps_its_domain);
    tcase_add_test(tests, the_table_is_walked_in_order);
    tcase_add_test(tests, nothing_leaks_when_memory_runs_out);
    tcase_add_test(tests, no_frame_is_lost);
    return tests;
}
