/* SPDX-License-Identifier: MIT */
/* What the first domain's tools ask of the hypervisor: memory, CPUs, domains, log, CPU by CPU. */
#include "guest/test.h"
#include "pvabi/domctl.h"
#include "pvabi/platform.h"
#include "pvabi/sysctl.h"

static long sysctl(uint32_t command, struct xen_sysctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall_sysctl(HARG(op));
}

static void check_domain_list(void)
{
    static xen_domctl_getdomaininfo_t list[4];
    struct xen_sysctl op = {.u.getdomaininfolist = {.first_domain = 0, .max_domains = 4}};

    set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
    EXPECT_EQ(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, 1);
    EXPECT_EQ(list[0].domain, 0);
    EXPECT_EQ(list[0].tot_pages, memory_frame_count());
    EXPECT_EQ(list[0].nr_online_vcpus, 1);
}

static void check_log(void)
{
    static char text[256];
    struct xen_sysctl op = {.u.readconsole = {.count = sizeof(text)}};

    set_xen_guest_handle(op.u.readconsole.buffer, text);
    EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole, &op), 0);
    EXPECT(op.u.readconsole.count > 0 && op.u.readconsole.count <= sizeof(text));
    set_xen_guest_handle(op.u.readconsole.buffer, (char *)test_bad_pointers[2]);
    op.u.readconsole.count = sizeof(text);
    EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole, &op), -XEN_EFAULT);
}

GUEST_TEST(hypervisor_info)
{
    struct xen_sysctl op = {0};
    struct xen_platform_op cpu = {.cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION};

    if (!guest_is_initial_domain()) {
        test_skip("the first domain's");
    }
    EXPECT_EQ(sysctl(XEN_SYSCTL_physinfo, &op), 0);
    EXPECT(op.u.physinfo.nr_cpus >= 1);
    EXPECT(op.u.physinfo.cpu_khz > 10000);
    EXPECT(op.u.physinfo.total_pages > op.u.physinfo.free_pages);
    EXPECT(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
    EXPECT_EQ(sysctl(XEN_SYSCTL_sched_id, &op), 0);
    EXPECT_EQ(sysctl(9999, &op), -XEN_ENOSYS);
    check_domain_list();
    check_log();
    cpu.u.pcpu_info.xen_cpuid = 0;
    EXPECT_EQ(hypercall_platform_op(HARG(&cpu)), 0);
    EXPECT(cpu.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE);
    cpu.cmd = XENPF_get_cpuinfo;
    cpu.u.pcpu_info.xen_cpuid = 4000;
    EXPECT_EQ(hypercall_platform_op(HARG(&cpu)), 0);
    EXPECT_EQ(cpu.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    cpu.cmd = 9999;
    EXPECT_EQ(hypercall_platform_op(HARG(&cpu)), -XEN_ENOSYS);
}
