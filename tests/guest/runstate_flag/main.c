/* SPDX-License-Identifier: MIT */
/* With runstate_update_flag the area shows when it is being written; at rest its flag is clear and its times
 * agree. */
#include "guest/test.h"

static volatile struct vcpu_runstate_info area;

GUEST_TEST(runstate_flag)
{
    struct vcpu_register_runstate_memory_area request;
    struct vcpu_runstate_info info;

    ASSERT_EQ(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    set_xen_guest_handle(request.addr.h, (struct vcpu_runstate_info *)&area);
    ASSERT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&request)), 0);
    for (unsigned int i = 0; i < 20; i++) {
        time_sleep(TIME_MS);
        EXPECT_EQ(area.state, RUNSTATE_running);
        EXPECT_EQ(area.state_entry_time >> 63, 0);
        /* The hypervisor's clock and the guest's copy of it may differ by a little. */
        EXPECT(area.state_entry_time <= time_now() + TIME_MS);
    }
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, HARG(&info)), 0);
    EXPECT(info.time[RUNSTATE_running] >= area.time[RUNSTATE_running]);
    set_xen_guest_handle(request.addr.h, NULL);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HARG(&request)), 0);
    EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag), 0);
}
