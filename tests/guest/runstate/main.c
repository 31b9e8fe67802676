/* SPDX-License-Identifier: MIT */
/* Runstate: asked for and registered, the times add up to what has passed, blocked time counts as blocked. */
#include "guest/test.h"

#define DELAY    (20 * TIME_MS)
#define ATTEMPTS 50u

static volatile struct vcpu_runstate_info area;

static long get(struct vcpu_runstate_info *info)
{
    return hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, HARG(info));
}

static uint64_t total(const struct vcpu_runstate_info *info)
{
    return info->time[0] + info->time[1] + info->time[2] + info->time[3];
}

GUEST_TEST(runstate)
{
    struct vcpu_register_runstate_memory_area request;
    struct vcpu_runstate_info before, after;
    uint64_t start = time_now(), elapsed;

    ASSERT_EQ(get(&before), 0);
    EXPECT_EQ(before.state, RUNSTATE_running);
    set_xen_guest_handle(request.addr.h, (struct vcpu_runstate_info *)&area);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&request)), 0);
    EXPECT_EQ(area.state, RUNSTATE_running);
    /* A machine that stands still just before the block makes a sleep as short as it likes: one of many is whole. */
    for (unsigned int i = 0; i < ATTEMPTS; i++) {
        time_sleep(DELAY);
        ASSERT_EQ(get(&after), 0);
        if (after.time[RUNSTATE_blocked] - before.time[RUNSTATE_blocked] >= DELAY / 2) {
            break;
        }
    }
    elapsed = time_now() - start;
    EXPECT(after.time[RUNSTATE_blocked] - before.time[RUNSTATE_blocked] >= DELAY / 2);
    EXPECT(total(&after) - total(&before) <= elapsed + TIME_MS);
    EXPECT(total(&after) - total(&before) >= DELAY / 2);
    EXPECT_EQ(area.state, RUNSTATE_running);
    EXPECT(area.time[RUNSTATE_blocked] >= after.time[RUNSTATE_blocked]);
    /* The address is looked at when the area is written, not when it is registered. */
    set_xen_guest_handle(request.addr.h, NULL);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&request)), 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, test_bad_pointers[i]),
                  -XEN_EFAULT);
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, test_bad_pointers[i]), -XEN_EFAULT);
    }
}
