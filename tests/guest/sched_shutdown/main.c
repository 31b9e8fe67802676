/* SPDX-License-Identifier: MIT */
/* The rest of sched_op: the watchdog's slots, the code of a shutdown to come, and shutting down others. */
#include "guest/test.h"

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog request = {.id = id, .timeout = timeout};

    return hypercall_sched_op(SCHEDOP_watchdog, HARG(&request));
}

GUEST_TEST(sched_shutdown)
{
    struct sched_remote_shutdown nobody = {.domain_id = 0x6789, .reason = SHUTDOWN_poweroff};
    struct sched_remote_shutdown dom0 = {.domain_id = 0, .reason = SHUTDOWN_poweroff};
    long id = watchdog(0, 60);

    EXPECT(id > 0);
    EXPECT_EQ(watchdog((uint32_t)id, 60), 0);
    EXPECT_EQ(watchdog((uint32_t)id, 0), 0);
    EXPECT_EQ(watchdog((uint32_t)id, 0), -XEN_EINVAL);
    EXPECT_EQ(watchdog(99, 60), -XEN_EINVAL);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_remote_shutdown, HARG(&nobody)), -XEN_ESRCH);
    if (!guest_is_initial_domain()) {
        EXPECT_EQ(hypercall_sched_op(SCHEDOP_remote_shutdown, HARG(&dom0)), -XEN_EPERM);
    }
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_watchdog, test_bad_pointers[0]), -XEN_EFAULT);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_remote_shutdown, test_bad_pointers[2]), -XEN_EFAULT);
}
