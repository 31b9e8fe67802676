/* SPDX-License-Identifier: MIT */
/* vcpu_op on this vCPU and on those that do not exist. */
#include "guest/test.h"

GUEST_TEST(vcpu_op)
{
    static const unsigned int commands[] = {VCPUOP_initialise,
                                            VCPUOP_up,
                                            VCPUOP_down,
                                            VCPUOP_is_up,
                                            VCPUOP_get_runstate_info,
                                            VCPUOP_stop_periodic_timer,
                                            VCPUOP_register_vcpu_info,
                                            VCPUOP_stop_singleshot_timer};
    static struct vcpu_guest_context context;
    static const unsigned int nobody[] = {1000, 8191, 0x7fffffff, ~0u};

    for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(nobody); j++) {
            EXPECT_EQ(hypercall_vcpu_op(commands[i], nobody[j], HARG(&context)), -XEN_ENOENT);
        }
    }
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, 0, 0), 1);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_up, 0, 0), 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_initialise, 0, HARG(&context)), -XEN_EEXIST);
    EXPECT_EQ(hypercall_vcpu_op(99, 0, 0), -XEN_ENOSYS);
    if (vcpu_count() > 1) {
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_initialise, 1, test_bad_pointers[0]), -XEN_EFAULT);
    }
}
