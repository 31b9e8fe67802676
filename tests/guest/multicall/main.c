/* SPDX-License-Identifier: MIT */
/* multicall: runs in order, each result in its entry, errors do not stop it, unknown numbers and nesting are
 * answered. */
#include "guest/test.h"

GUEST_TEST(multicall)
{
    static struct multicall_entry calls[6];

    memset(calls, 0, sizeof(calls));
    calls[0].op = __HYPERVISOR_xen_version;
    calls[1].op = 63;
    calls[2].op = __HYPERVISOR_vm_assist;
    calls[2].args[0] = 2;
    calls[3].op = __HYPERVISOR_xen_version;
    calls[3].args[0] = XENVER_pagesize;
    calls[4].op = __HYPERVISOR_multicall;
    calls[4].args[0] = HARG(calls);
    calls[4].args[1] = 1;
    calls[5].op = 0x100000000ul | __HYPERVISOR_xen_version;
    EXPECT_EQ(hypercall_multicall(HARG(calls), ARRAY_SIZE(calls)), 0);
    EXPECT_EQ(calls[0].result, 4 << 16 | 17);
    EXPECT_EQ(calls[1].result, -XEN_ENOSYS);
    EXPECT_EQ(calls[2].result, -XEN_ENOSYS);
    EXPECT_EQ(calls[3].result, PAGE_SIZE);
    EXPECT_EQ(calls[4].result, -XEN_EINVAL);
    EXPECT_EQ(calls[5].result, -XEN_ENOSYS);
    EXPECT_EQ(hypercall_multicall(HARG(calls), 0), 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_multicall(test_bad_pointers[i], 1), -XEN_EFAULT);
    }
}
