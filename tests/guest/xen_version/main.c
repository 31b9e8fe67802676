/* SPDX-License-Identifier: MIT */
/* Every sub-operation of xen_version: what it returns, how much it writes, and that bad pointers are -EFAULT.
 */
#include "guest/test.h"

/* Long enough for the longest answer, with room to see what is written behind it. */
static char buffer[2048];

static void check_text(unsigned int command, unsigned long size)
{
    memset(buffer, 0x55, sizeof(buffer));
    EXPECT(hypercall_xen_version(command, HARG(buffer)) >= 0);
    EXPECT(strnlen(buffer, size) < size);
    EXPECT_EQ(buffer[size], 0x55);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_xen_version(command, test_bad_pointers[i]), -XEN_EFAULT);
    }
}

GUEST_TEST(xen_version)
{
    struct xen_platform_parameters parameters = {0};
    struct xen_feature_info features = {.submap_idx = 1};
    unsigned char handle[16];

    EXPECT_EQ(hypercall_xen_version(XENVER_version, 0), 4 << 16 | 17);
    EXPECT_EQ(hypercall_xen_version(XENVER_version, ~0ul), 4 << 16 | 17);
    check_text(XENVER_extraversion, sizeof(xen_extraversion_t));
    check_text(XENVER_compile_info, sizeof(struct xen_compile_info));
    check_text(XENVER_capabilities, sizeof(xen_capabilities_info_t));
    EXPECT(hypercall_xen_version(XENVER_capabilities, HARG(buffer)) >= 0 &&
           strstr(buffer, "xen-3.0-x86_64 "));
    check_text(XENVER_changeset, sizeof(xen_changeset_info_t));
    EXPECT_EQ(hypercall_xen_version(XENVER_platform_parameters, HARG(&parameters)), 0);
    EXPECT_EQ(parameters.virt_start, HYPERVISOR_VIRT_START);
    EXPECT_EQ(hypercall_xen_version(XENVER_get_features, HARG(&features)), -XEN_EINVAL);
    EXPECT_EQ(hypercall_xen_version(XENVER_pagesize, 0), PAGE_SIZE);
    EXPECT_EQ(hypercall_xen_version(XENVER_guest_handle, HARG(handle)), 0);
    check_text(XENVER_commandline, sizeof(xen_commandline_t));
    EXPECT_EQ(hypercall_xen_version(11, HARG(buffer)), -XEN_ENOSYS);
    EXPECT_EQ(hypercall_xen_version(~0u, HARG(buffer)), -XEN_ENOSYS);
}
