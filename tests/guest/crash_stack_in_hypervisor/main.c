/* SPDX-License-Identifier: MIT */
/* Attack: a trap frame addressed into the hypervisor's memory is not written there; the domain crashes. */
#include "guest/test.h"

static uint64_t user_call(uint64_t argument)
{
    return user_syscall(1, argument);
}

static void act(void *argument)
{
    struct trap_frame frame;

    (void)argument;
    user_init();
    hypercall_stack_switch(FLAT_KERNEL_SS, test_bad_pointers[2]);
    user_run(user_call, 0, &frame);
}

int guest_main(void)
{
    test_expect_crash("crash_stack_in_hypervisor", act, NULL);
    return 1;
}
