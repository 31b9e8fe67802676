/* SPDX-License-Identifier: MIT */
/* Where a vCPU's vcpu_info lies, and how it moves. */
#include <check.h>

#include "core/evtchn_port.h"
#include "events_bench.h"
#include "evtchn_suites.h"
#include "port/cpu.h"

static struct domain *alice, *bob;

static void setup(void)
{
    bench_start(2, "fair");
    alice = bench_domain(1, 3);
    bob = bench_domain(2, 1);
    bench_become(alice->vcpus[0]);
}

static void teardown(void)
{
    bench_end();
}

static int64_t vcpu_op(unsigned int command, uint64_t vcpu, const void *argument)
{
    return bench_hypercall(hypercall_vcpu_op, command, (void *)(uintptr_t)vcpu, (uintptr_t)argument);
}

START_TEST(vcpu_info_moves_once)
{
    struct vcpu *v = alice->vcpus[0];
    mfn_t frame = bench_frame(alice), foreign = bench_frame(bob);
    struct vcpu_register_vcpu_info r = {.mfn = frame.n, .offset = PAGE_SIZE - 56};
    vcpu_info_t *info;

#define REGISTER(vcpu) vcpu_op(VCPUOP_register_vcpu_info, vcpu, &r)
    ck_assert_int_eq(REGISTER(0), -XEN_ENXIO); /* beyond the page */
    r.offset = 68;
    ck_assert_int_eq(REGISTER(0), -XEN_ENXIO); /* not aligned */
    r.offset = UINT32_MAX - 7;
    ck_assert_int_eq(REGISTER(0), -XEN_ENXIO);
    r = (struct vcpu_register_vcpu_info){.mfn = foreign.n, .offset = 64};
    ck_assert_int_eq(REGISTER(0), -XEN_EINVAL);
    r.mfn = UINT64_MAX;
    ck_assert_int_eq(REGISTER(0), -XEN_EINVAL);
    r.mfn = frame.n;
    v->evtchn.info->evtchn_upcall_mask = 1;
    v->evtchn.info->arch.cr2 = 0x1234;
    ck_assert_int_eq(REGISTER(0), 0);
    info = (vcpu_info_t *)((char *)bench_frame_content(frame) + 64);
    ck_assert_ptr_eq(v->evtchn.info, info);
    ck_assert_uint_eq(info->evtchn_pending_sel, ~0ul);
    ck_assert_uint_eq(info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(info->arch.cr2, 0x1234);
    ck_assert_uint_ne(info->time.tsc_to_system_mul, 0);
    ck_assert_uint_eq(info->time.version % 2, 0);
    ck_assert_int_eq(REGISTER(0), -XEN_EINVAL); /* a second time */
    /* Of another vCPU only while it is down. */
    sched_pause_clear(alice->vcpus[1], SCHED_PAUSE_DOWN);
    ck_assert_int_eq(REGISTER(1), -XEN_EINVAL);
    r.offset = 128;
    ck_assert_int_eq(REGISTER(2), 0);
    ck_assert_int_eq(REGISTER(3), -XEN_ENOENT);
#undef REGISTER
}
END_TEST

/* Both places are on the shared info's page. */
START_TEST(vcpu_info_may_overlap_its_old_place)
{
    struct vcpu *v = alice->vcpus[0];
    mfn_t frame = bench_frame(alice);
    char *page = bench_frame_content(frame);

    v->evtchn.info = (vcpu_info_t *)page;
    v->evtchn.info->arch.cr2 = 0x1234;
    ck_assert_int_eq(evtchn_vcpu_info_register(v, frame, 8), 0);
    ck_assert_ptr_eq(v->evtchn.info, page + 8);
    ck_assert_uint_eq(v->evtchn.info->arch.cr2, 0x1234);
}
END_TEST

START_TEST(vcpus_above_31_start_without_info)
{
    struct domain *big = bench_domain(7, 34);
    mfn_t frame = bench_frame(big);
    evtchn_port_t port;
    struct vcpu *v = big->vcpus[33];

    ck_assert_ptr_eq(v->evtchn.info, v->evtchn.own_info);
    ck_assert_int_eq(evtchn_bind_ipi(big, 33, &port), 0);
    ck_assert_int_eq(evtchn_send(big, port), 0); /* lost, but harmless */
    ck_assert_int_eq(evtchn_vcpu_info_register(v, frame, 0), 0);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(v->evtchn.info->evtchn_upcall_mask, 1);
}
END_TEST

TCase *evtchn_vcpu_info_tests(void)
{
    TCase *t = tcase_create("vcpu_info");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, vcpu_info_moves_once);
    tcase_add_test(t, vcpu_info_may_overlap_its_old_place);
    tcase_add_test(t, vcpus_above_31_start_without_info);
    return t;
}
