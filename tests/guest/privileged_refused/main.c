/* SPDX-License-Identifier: MIT */
/* The toolstack's hypercalls are the privileged domain's; and theirs is refused with another interface
 * version. */
#include "guest/test.h"
#include "pvabi/domctl.h"
#include "pvabi/platform.h"
#include "pvabi/sysctl.h"

static void check_version_refused(void)
{
    struct xen_domctl domctl = {.cmd = XEN_DOMCTL_pausedomain, .interface_version = 1, .domain = 0x1234};
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_physinfo, .interface_version = 1};
    struct xen_platform_op platform = {.cmd = XENPF_settime64, .interface_version = 1};

    EXPECT_EQ_OR_EPERM(hypercall_domctl(HARG(&domctl)), -XEN_EACCES);
    EXPECT_EQ_OR_EPERM(hypercall_sysctl(HARG(&sysctl)), -XEN_EACCES);
    EXPECT_EQ_OR_EPERM(hypercall_platform_op(HARG(&platform)), -XEN_EACCES);
}

GUEST_TEST(privileged_refused)
{
    struct xen_domctl nobody = {
        .cmd = XEN_DOMCTL_pausedomain, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = 0x1234};
    struct xen_domctl dom0 = {.cmd = XEN_DOMCTL_getdomaininfo,
                              .interface_version = XEN_DOMCTL_INTERFACE_VERSION};
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_physinfo,
                                .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
    struct xen_platform_op platform = {.cmd = XENPF_get_cpuinfo,
                                       .interface_version = XENPF_INTERFACE_VERSION};
    bool first = guest_is_initial_domain();

    check_version_refused();
    EXPECT_EQ_OR_EPERM(hypercall_domctl(HARG(&nobody)), -XEN_ESRCH);
    EXPECT_EQ(hypercall_domctl(HARG(&dom0)), first ? 0 : -XEN_EPERM);
    EXPECT_EQ(hypercall_sysctl(HARG(&sysctl)), first ? 0 : -XEN_EPERM);
    EXPECT_EQ(hypercall_platform_op(HARG(&platform)), first ? 0 : -XEN_EPERM);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ_OR_EPERM(hypercall_domctl(test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ_OR_EPERM(hypercall_sysctl(test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ_OR_EPERM(hypercall_platform_op(test_bad_pointers[i]), -XEN_EFAULT);
    }
}
