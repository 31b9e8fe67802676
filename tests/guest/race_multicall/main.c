/* SPDX-License-Identifier: MIT */
/*
 * Attack: another vCPU changes the entries of a multicall while it runs. Each entry is read once: its result is that of
 * a call that stood there, and the other entries are untouched.
 */
#include "guest/test.h"

#define ROUNDS   2000
#define PATIENCE (2 * TIME_S)
#define CALLS    3
#define VERSION  (4 << 16 | 17)
#define UNKNOWN  63ul

static volatile struct multicall_entry calls[CALLS];
static volatile bool stop;

static void flipper(void *argument)
{
    (void)argument;
    time_stop_tick();
    while (!stop) {
        calls[1].op = UNKNOWN;
        calls[1].args[0] = XENVER_pagesize;
        calls[1].op = __HYPERVISOR_xen_version;
        calls[1].args[0] = XENVER_version;
    }
}

static void set_up(void)
{
    for (unsigned int i = 0; i < CALLS; i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
        calls[i].result = (unsigned long)-1;
    }
}

GUEST_TEST(race_multicall)
{
    uint64_t end = time_now() + PATIENCE;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    set_up();
    stop = false;
    ASSERT_EQ(vcpu_start(1, flipper, NULL), 0);
    for (unsigned int round = 0; round < ROUNDS && time_now() < end; round++) {
        set_up();
        ASSERT_EQ(hypercall_multicall(HARG(calls), CALLS), 0);
        EXPECT_EQ(calls[0].result, VERSION);
        EXPECT(calls[1].result == VERSION || calls[1].result == PAGE_SIZE ||
               calls[1].result == (unsigned long)-XEN_ENOSYS);
        EXPECT_EQ(calls[2].result, VERSION);
        EXPECT_EQ(calls[2].op, __HYPERVISOR_xen_version);
    }
    stop = true;
    vcpu_wait_down(1);
}
