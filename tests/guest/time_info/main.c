/* SPDX-License-Identifier: MIT */
/* System time runs forward at the speed of the clock, the version is even at rest, the wall clock is of this
 * century. */
#include "guest/test.h"

#define YEAR_2020 1577836800ul
#define YEAR_2100 4102444800ul

static uint64_t area[8] __attribute__((aligned(64)));

GUEST_TEST(time_info)
{
    struct vcpu_register_time_memory_area request = {.addr.p = 0};
    volatile struct vcpu_time_info *info = &vcpu_current()->info->time;
    uint64_t last = time_now(), start = last, wall = time_wall() / TIME_S;
    unsigned int backwards = 0;

    EXPECT_EQ(info->version & 1, 0);
    EXPECT(info->tsc_to_system_mul != 0);
    EXPECT(time_tsc_khz() > 10000);
    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t now = time_now();

        backwards += now < last;
        last = now;
    }
    EXPECT_EQ(backwards, 0);
    EXPECT(last > start);
    EXPECT(wall > YEAR_2020 && wall < YEAR_2100);
    EXPECT_EQ(guest_shared_info->wc_version & 1, 0);
    EXPECT(guest_shared_info->wc_nsec < TIME_S);
    request.addr.p = HYPERVISOR_VIRT_START;
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, HARG(&request)), -XEN_EFAULT);
    set_xen_guest_handle(request.addr.h, (void *)area);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, HARG(&request)), 0);
    EXPECT(area[2] != 0);
    EXPECT_EQ((uint32_t)area[3], info->tsc_to_system_mul);
    set_xen_guest_handle(request.addr.h, NULL);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, HARG(&request)), 0);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, test_bad_pointers[0]), -XEN_EFAULT);
}
