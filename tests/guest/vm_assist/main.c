/* SPDX-License-Identifier: MIT */
/* vm_assist: the types that 64-bit guests have, on and off; others are -EINVAL, other commands -ENOSYS. */
#include "guest/test.h"

GUEST_TEST(vm_assist)
{
    static const unsigned int valid[] = {VMASST_TYPE_4gb_segments,        VMASST_TYPE_4gb_segments_notify,
                                         VMASST_TYPE_writable_pagetables, VMASST_TYPE_pae_extended_cr3,
                                         VMASST_TYPE_architectural_iopl,  VMASST_TYPE_runstate_update_flag,
                                         VMASST_TYPE_m2p_strict};
    static const unsigned int invalid[] = {6, 7, 31, 33, 63, 64, 1000, ~0u};

    for (unsigned int i = 0; i < ARRAY_SIZE(valid); i++) {
        EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_enable, valid[i]), 0);
        EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_disable, valid[i]), 0);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(invalid); i++) {
        EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_enable, invalid[i]), -XEN_EINVAL);
        EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_disable, invalid[i]), -XEN_EINVAL);
    }
    EXPECT_EQ(hypercall_vm_assist(2, 0), -XEN_ENOSYS);
}
