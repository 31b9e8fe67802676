/* SPDX-License-Identifier: MIT */
/*
 * Tests of the toolstack's operations one by one: what saving and restoring needs, refusals with Xen's errors; and
 * that no arguments, however wild, of a privileged caller do harm.
 */
#include <string.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "pvabi/errno.h"
#include "pvabi/platform.h"

#define GUEST_MEMORY 0x10000ull /* a guest address that the bench's memory covers */

static int64_t platform_op(uint32_t command, struct xen_platform_op *op)
{
    op->cmd = command;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return dbench_call(__HYPERVISOR_platform_op, DBENCH_POINTER(op), 0, 0);
}

START_TEST(types_of_frames)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};
    xen_pfn_t list[5];
    mfn_t plain, root;

    dbench_boot(d);
    root = d->vcpus[0]->mm.kernel_root;
    ck_assert_int_eq(mm_alloc(d, 0, 0, &plain), 0);
    list[0] = plain.n;
    list[1] = root.n;
    list[2] = dbench_first->vcpus[0]->mm.kernel_root.n; /* another's */
    list[3] = ~0ull;
    list[4] = d->shared_info_frame.n; /* the hypervisor's */
    op.u.getpageframeinfo3.num = 5;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getpageframeinfo3, &op), 0);
    ck_assert_uint_eq(list[0], XEN_DOMCTL_PFINFO_NOTAB);
    ck_assert_uint_eq(list[1], XEN_DOMCTL_PFINFO_L4TAB);
    ck_assert_uint_eq(list[2], XEN_DOMCTL_PFINFO_XTAB);
    ck_assert_uint_eq(list[3], XEN_DOMCTL_PFINFO_XTAB);
    ck_assert_uint_eq(list[4], XEN_DOMCTL_PFINFO_XTAB);
    ck_assert_int_eq(mm_pin(d->vcpus[0], d, root, 4), 0);
    list[1] = root.n;
    op.u.getpageframeinfo3.num = 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getpageframeinfo3, &op), 0);
    ck_assert_uint_eq(list[1], XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
    op.u.getpageframeinfo3.num = 1025;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getpageframeinfo3, &op), -XEN_E2BIG);
    set_xen_guest_handle(op.u.getpageframeinfo3.array, (xen_pfn_t *)NULL);
    op.u.getpageframeinfo3.num = 0;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getpageframeinfo3, &op), 0);
    op.u.getpageframeinfo3.num = 1;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getpageframeinfo3, &op), -XEN_EFAULT);
    dbench_kill(d);
}
END_TEST

START_TEST(callbacks_of_other_modes)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {.u.ext_vcpucontext = {.size = offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap),
                                                  .syscall32_callback_eip = 0xffff880012345678ull,
                                                  .syscall32_disables_events = 1,
                                                  .sysenter_callback_eip = 0x1000}};
    struct xen_domctl_ext_vcpucontext *e = &op.u.ext_vcpucontext;

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), 0);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_get_ext_vcpucontext, &op), 0);
    ck_assert_uint_eq(e->size, sizeof(*e));
    ck_assert_uint_eq(e->syscall32_callback_eip, 0xffff880012345678ull);
    ck_assert_uint_eq(e->sysenter_callback_eip, 0x1000);
    ck_assert(e->syscall32_disables_events == 1 && e->sysenter_disables_events == 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), 0); /* as it came */
    e->vmce.caps = 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), -XEN_EPERM);
    e->vmce.caps = 0;
    e->sysenter_callback_eip = 1ull << 63;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), -XEN_EINVAL);
    e->sysenter_callback_eip = 0;
    e->size = 4;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), -XEN_EINVAL);
    e->vcpu = 1;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_ext_vcpucontext, &op), -XEN_ESRCH);
    e->vcpu = 0;
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_get_ext_vcpucontext, &op), -XEN_EINVAL); /* the caller's own */
    dbench_kill(d);
}
END_TEST

START_TEST(msrs_go_in_and_out)
{
    struct domain *d = dbench_domain(5, 1);
    xen_domctl_vcpu_msr_t entries[2] = {{.index = 0xc0000103, .value = 77}};
    struct xen_domctl op = {.u.vcpu_msrs = {.msr_count = 1}};

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_get_vcpu_msrs, &op), 0); /* how many there can be */
    ck_assert_uint_eq(op.u.vcpu_msrs.msr_count, 1);
    set_xen_guest_handle(op.u.vcpu_msrs.msrs, entries);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_vcpu_msrs, &op), 0);
    entries[0].value = 0;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_get_vcpu_msrs, &op), 0);
    ck_assert_uint_eq(op.u.vcpu_msrs.msr_count, 1);
    ck_assert_uint_eq(entries[0].value, 77);
    op.u.vcpu_msrs.msr_count = 0;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_get_vcpu_msrs, &op), -XEN_ENOBUFS);
    op.u.vcpu_msrs.msr_count = 1;
    entries[0].value = 1ull << 32;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_vcpu_msrs, &op), -XEN_EINVAL);
    entries[0] = (xen_domctl_vcpu_msr_t){.index = 0xc0000103, .reserved = 1};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_vcpu_msrs, &op), -XEN_EINVAL);
    entries[0] = (xen_domctl_vcpu_msr_t){.index = 0xc0000080};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_vcpu_msrs, &op), -XEN_EINVAL);
    op.u.vcpu_msrs.msr_count = 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_vcpu_msrs, &op), -XEN_EINVAL);
    ck_assert_uint_eq(d->vcpus[0]->cpu.tsc_aux, 77);
    dbench_kill(d);
}
END_TEST

/* The FPU's image: 16 bytes of XCR0, then the area whose header begins at 512. */
static uint64_t image[2 + 832 / 8];

START_TEST(fpu_images_go_in_and_out)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};
    struct xen_domctl_vcpuextstate *e = &op.u.vcpuextstate;
    const unsigned int header = 2 + 512 / 8;

    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuextstate, &op), 0);
    ck_assert_uint_eq(e->xfeature_mask, 7);
    ck_assert_uint_eq(e->size, sizeof(image));
    set_xen_guest_handle(e->buffer, image);
    image[0] = 7; /* XCR0 */
    image[1] = 7;
    image[2] = 0x1122334455667788ull;
    image[header] = 7;
    image[2 + 800 / 8] = 99; /* in AVX's part */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), 0);
    ck_assert_uint_eq(d->vcpus[0]->cpu.xcr0, 7);
    memset(image, 0, sizeof(image));
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuextstate, &op), 0);
    ck_assert_uint_eq(image[0], 7);
    ck_assert_uint_eq(image[2], 0x1122334455667788ull);
    ck_assert_uint_eq(image[2 + 800 / 8], 99);
    e->size--;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuextstate, &op), -XEN_EINVAL);
    e->size += 2;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    e->size = 15;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    e->size = sizeof(image);
    image[0] = 4; /* without x87 */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    image[0] = 7;
    image[1] = 3; /* less than is on */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    image[1] = 7 | 1ull << 9; /* what there is not */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    image[1] = 7;
    image[header + 1] = 1ull << 63; /* compacted */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    image[header + 1] = 0;
    image[header + 7] = 1; /* reserved */
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_setvcpuextstate, &op), -XEN_EINVAL);
    dbench_kill(d);
}
END_TEST

/* A vCPU that is reset is down and without tables, at every place where it may be preempted. */
START_TEST(a_null_context_resets)
{
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};
    mfn_t root;

    dbench_boot(d);
    root = d->vcpus[0]->mm.kernel_root;
    fake_preempt_every(1);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_setvcpucontext, &op), 0);
    fake_preempt_every(0);
    ck_assert(!d->vcpus[0]->initialised && !mfn_valid_number(d->vcpus[0]->mm.kernel_root));
    ck_assert(!frame_type_in_use(root));
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpuinfo, &op), 0);
    ck_assert(!op.u.getvcpuinfo.online);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_getvcpucontext, &op), -XEN_ENODATA);
    ck_assert_int_eq(dbench_domctl(0, XEN_DOMCTL_setvcpucontext, &op), -XEN_EINVAL);
    dbench_kill(d);
}
END_TEST

START_TEST(global_virqs_go_where_they_are_sent)
{
    struct domain *d = dbench_domain(5, 1), *other;
    struct xen_domctl op = {.u.set_virq_handler.virq = VIRQ_DOM_EXC};
    evtchn_port_t here = dbench_bind_virq(VIRQ_DOM_EXC), there;

    ck_assert_int_eq(evtchn_bind_virq(d, VIRQ_DOM_EXC, 0, &there), 0);
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_virq_handler, &op), 0);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    ck_assert(!dbench_pending(dbench_first, here) && dbench_pending(d, there));
    evtchn_send_global_virq(VIRQ_CONSOLE); /* not asked for: nobody of d's */
    ck_assert(!dbench_pending(d, there));
    op.u.set_virq_handler.virq = VIRQ_TIMER;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_virq_handler, &op), -XEN_EINVAL);
    op.u.set_virq_handler.virq = NR_VIRQS;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_set_virq_handler, &op), -XEN_EINVAL);
    dbench_kill(d);
    ck_assert(dbench_pending(dbench_first, here)); /* d's own end is told to dom0 again */
    other = dbench_domain(5, 1);
    ck_assert_int_eq(evtchn_bind_virq(other, VIRQ_DOM_EXC, 0, &there), 0);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    ck_assert(dbench_pending(dbench_first, here) && !dbench_pending(other, there));
    dbench_kill(other);
}
END_TEST

START_TEST(refusals_are_xens)
{
    static const struct {
        uint32_t command;
        int error;
    } wanted[] = {{XEN_DOMCTL_gethvmcontext, XEN_EINVAL},     {XEN_DOMCTL_debug_op, XEN_EINVAL},
                  {XEN_DOMCTL_soft_reset, XEN_EINVAL},        {XEN_DOMCTL_assign_device, XEN_EOPNOTSUPP},
                  {XEN_DOMCTL_monitor_op, XEN_EOPNOTSUPP},    {XEN_DOMCTL_psr_alloc, XEN_ENODEV},
                  {XEN_DOMCTL_psr_cmt_op, XEN_ENODEV},        {XEN_DOMCTL_shadow_op, XEN_EINVAL},
                  {XEN_DOMCTL_memory_mapping, XEN_EINVAL},    {XEN_DOMCTL_set_target, XEN_EOPNOTSUPP},
                  {XEN_DOMCTL_vm_event_op, XEN_ENOSYS},       {XEN_DOMCTL_audit_p2m, XEN_ENOSYS},
                  {XEN_DOMCTL_gdbsx_domstatus, XEN_ENOSYS},   {XEN_DOMCTL_vuart_op, XEN_ENOSYS},
                  {XEN_DOMCTL_getvcpucontext, XEN_ENODATA}};
    struct domain *d = dbench_domain(5, 1);
    struct xen_domctl op = {0};

    for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
        memset(&op.u, 0, sizeof(op.u));
        ck_assert_int_eq(dbench_domctl(5, wanted[i].command, &op), -wanted[i].error);
    }
    op.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_shadow_op, &op), -XEN_EOPNOTSUPP);
    op.u.sendtrigger = (struct xen_domctl_sendtrigger){.trigger = XEN_DOMCTL_SENDTRIGGER_NMI};
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_sendtrigger, &op), 0);
    ck_assert(d->vcpus[0]->cpu.nmi_pending);
    op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_INIT;
    ck_assert_int_eq(dbench_domctl(5, XEN_DOMCTL_sendtrigger, &op), -XEN_ENOSYS);
    dbench_kill(d);
}
END_TEST

START_TEST(the_scheduler_s_parameter)
{
    struct xen_sysctl op = {.u.scheduler_op = {.sched_id = XEN_SCHEDULER_CREDIT2,
                                               .cmd = XEN_SYSCTL_SCHEDOP_getinfo}};

    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_scheduler_op, &op), 0);
    ck_assert_uint_eq(op.u.scheduler_op.u.sched_credit2.ratelimit_us, 1000);
    op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
    op.u.scheduler_op.u.sched_credit2.ratelimit_us = 99;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_scheduler_op, &op), -XEN_EINVAL);
    op.u.scheduler_op.u.sched_credit2.ratelimit_us = 5000;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_scheduler_op, &op), 0);
    ck_assert_uint_eq(sched_ratelimit(), 5000);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_scheduler_op, &op), -XEN_EINVAL);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op.u.scheduler_op.cpupool_id = 1;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_scheduler_op, &op), -XEN_ESRCH);
}
END_TEST

START_TEST(what_the_platform_tells)
{
    struct xen_platform_op op = {.u.pcpu_version.xen_cpuid = 1};
    char name[32] = "";

    ck_assert_int_eq(platform_op(XENPF_get_cpu_version, &op), 0);
    ck_assert_int_eq(memcmp(op.u.pcpu_version.vendor_id, "GenuineIntel", 12), 0);
    ck_assert_uint_eq(op.u.pcpu_version.family, 6);
    ck_assert_uint_eq(op.u.pcpu_version.model, 0x3c);
    ck_assert_uint_eq(op.u.pcpu_version.stepping, 3);
    ck_assert_uint_eq(op.u.pcpu_version.max_present, DBENCH_CPUS - 1);
    memset(&op.u, 0, sizeof(op.u));
    set_xen_guest_handle(op.u.symdata.name, name);
    op.u.symdata.namelen = sizeof(name);
    ck_assert_int_eq(platform_op(XENPF_get_symbol, &op), 0);
    ck_assert_str_eq(name, "first_function");
    ck_assert_uint_eq(op.u.symdata.symnum, 1);
    ck_assert_int_eq(op.u.symdata.type, 'T');
    op.u.symdata.namelen = 3; /* cut off, with what it would take */
    memset(name, 'x', sizeof(name));
    ck_assert_int_eq(platform_op(XENPF_get_symbol, &op), 0);
    ck_assert_int_eq(memcmp(name, "secx", 4), 0);
    ck_assert_uint_eq(op.u.symdata.namelen, sizeof("second_function"));
    ck_assert_int_eq(platform_op(XENPF_get_symbol, &op), 0); /* the end */
    ck_assert_str_eq(name, "");
    ck_assert_uint_eq(op.u.symdata.symnum, 2);
    op.u.symdata.symnum = 3;
    ck_assert_int_eq(platform_op(XENPF_get_symbol, &op), -XEN_ERANGE);
    op.u.core_parking.type = XEN_CORE_PARKING_GET;
    ck_assert_int_eq(platform_op(XENPF_core_parking, &op), 0);
    ck_assert_uint_eq(op.u.core_parking.idle_nums, 0);
    op.u.core_parking = (struct xenpf_core_parking){XEN_CORE_PARKING_SET, 1};
    ck_assert_int_eq(platform_op(XENPF_core_parking, &op), -XEN_EOPNOTSUPP);
    op.u.cpu_ol.cpuid = 1;
    ck_assert_int_eq(platform_op(XENPF_cpu_online, &op), 0);
    ck_assert_int_eq(platform_op(XENPF_cpu_offline, &op), -XEN_EOPNOTSUPP);
    op.u.cpu_ol.cpuid = DBENCH_CPUS;
    ck_assert_int_eq(platform_op(XENPF_cpu_online, &op), -XEN_EINVAL);
    op.u.firmware_info = (struct xenpf_firmware_info){.type = XEN_FW_DISK_INFO};
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_ESRCH);
    op.u.firmware_info.type = 99;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_EINVAL);
}
END_TEST

/* What dom0 learns of EFI: tests/fake has two descriptors, [0x1000, +0x3000) and [0x7f000000, +0x2000). */
START_TEST(firmware_tells_of_efi)
{
    static const uint16_t vendor[] = {'E', 'D', 'K', 0};
    static const struct port_efi efi = {.present = true,
                                        .revision = 0x20046,
                                        .vendor_revision = 7,
                                        .vendor = vendor,
                                        .tables = 0x7f000100,
                                        .table_count = 9};
    struct xen_platform_op op = {.u.firmware_info = {.type = XEN_FW_EFI_INFO, .index = XEN_FW_EFI_VERSION}};
    union xenpf_efi_info *info = &op.u.firmware_info.u.efi_info;
    uint16_t name[4] = {1, 1, 1, 1};

    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_ENODEV);
    fake_efi = &efi;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), 0);
    ck_assert_uint_eq(info->version, 0x20046);
    op.u.firmware_info.index = XEN_FW_EFI_CONFIG_TABLE;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), 0);
    ck_assert_uint_eq(info->cfg.addr, 0x7f000100);
    ck_assert_uint_eq(info->cfg.nent, 9);
    op.u.firmware_info.index = XEN_FW_EFI_VENDOR;
    info->vendor.bufsz = 3; /* room for one character */
    set_xen_guest_handle(info->vendor.name, name);
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), 0);
    ck_assert_uint_eq(name[0], 'E');
    ck_assert_uint_eq(name[1], 1);
    info->vendor.bufsz = sizeof(name);
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), 0);
    ck_assert_mem_eq(name, vendor, sizeof(vendor));
    op.u.firmware_info.index = XEN_FW_EFI_MEM_INFO;
    info->mem.addr = 0x7f001000;
    info->mem.size = UINT64_MAX;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), 0);
    ck_assert_uint_eq(info->mem.type, 6);
    ck_assert_uint_eq(info->mem.size, 0x1000);
    info->mem.addr = 0x4000; /* the first byte behind */
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_ESRCH);
    op.u.firmware_info.index = XEN_FW_EFI_RT_VERSION;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_EOPNOTSUPP);
    op.u.firmware_info.index = 99;
    ck_assert_int_eq(platform_op(XENPF_firmware_info, &op), -XEN_EINVAL);
    fake_efi = NULL;
}
END_TEST

/* ---- wild arguments ---- */

#define ROUNDS   400u
#define COMMANDS 90u

static uint64_t seed;

static uint64_t wild_number(void)
{
    static const uint64_t edges[] = {0, 1, 2, 3, 7, 63, 64, 511, 512, 1023, 1024, 4095, 4096, 0x7fff, 0xffff, 0x10000,
                                     0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 47, 1ull << 52,
                                     1ull << 63, ~0ull, ~0ull - 1, GUEST_MEMORY, GUEST_MEMORY + 8, 0xffff800000000000};

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    switch (seed % 4) {
    case 0:
        return seed >> 8;
    case 1:
        return seed >> 8 & 0xff;
    default:
        return edges[seed / 4 % ARRAY_SIZE(edges)];
    }
}

static void fill_wild(void *to, size_t size)
{
    uint8_t *bytes = to;

    for (size_t i = 0; i < size; i += 4) {
        uint64_t word = wild_number();
        size_t part = wild_number() & 1 ? 8 : 4;

        memcpy(bytes + i, &word, MIN(size - i, part));
    }
}

/* The bench's memory as the only memory of the caller: wild pointers find nothing, or the argument itself. */
static union {
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    struct xen_platform_op platform;
    uint8_t bytes[8192];
} memory;

static void wild_start(void)
{
    dbench_start_bare();
    fake_guest_memory(guest_va(GUEST_MEMORY), &memory, sizeof(memory));
    seed = 88172645463325252ull;
}

static domid_t wild_domain(void)
{
    static const domid_t ids[] = {0, 5, 6, 7, 0x7000, DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_INVALID, DOMID_IDLE};

    return ids[wild_number() % ARRAY_SIZE(ids)];
}

static int64_t wild_call(uint64_t number)
{
    return dbench_call(number, GUEST_MEMORY, 0, 0);
}

static void make_domain(domid_t id)
{
    memset(&memory, 0, sizeof(memory));
    memory.domctl = (struct xen_domctl){.cmd = XEN_DOMCTL_createdomain,
                                        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                                        .domain = id,
                                        .u.createdomain = {.max_vcpus = 2,
                                                           .max_evtchn_port = 1023,
                                                           .max_grant_frames = 4,
                                                           .max_maptrack_frames = 4,
                                                           .grant_opts = 1}};
    ck_assert_int_eq(wild_call(__HYPERVISOR_domctl), 0);
}

static void end_domains(void)
{
    for (domid_t id = 1; id < DOMID_FIRST_RESERVED; id++) {
        if (domain_by_id(id)) {
            memset(&memory, 0, sizeof(memory));
            memory.domctl = (struct xen_domctl){.cmd = XEN_DOMCTL_destroydomain,
                                                .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                                                .domain = id};
            ck_assert_int_eq(wild_call(__HYPERVISOR_domctl), 0);
        }
    }
    dbench_settle();
}

START_TEST(wild_domctls)
{
    for (uint32_t command = 0; command < COMMANDS; command++) {
        make_domain(5);
        make_domain(6);
        for (unsigned int round = 0; round < ROUNDS; round++) {
            uint64_t max_vcpus;

            fill_wild(&memory, sizeof(memory));
            memory.domctl.cmd = command;
            memory.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
            memory.domctl.domain = wild_domain();
            /* As many as this process could make threads of memory for. */
            max_vcpus = memory.domctl.u.createdomain.max_vcpus;
            if (command == XEN_DOMCTL_createdomain && max_vcpus <= DOMAIN_VCPUS_MAX) {
                memory.domctl.u.createdomain.max_vcpus = max_vcpus % 4;
            }
            (void)wild_call(__HYPERVISOR_domctl);
            dbench_settle();
            if (round % 50 == 49) {
                ck_assert_ptr_eq(port_current(), dbench_first->vcpus[0]);
            }
        }
        end_domains();
    }
}
END_TEST

START_TEST(wild_sysctls_and_platform_ops)
{
    make_domain(5);
    for (uint32_t command = 0; command < COMMANDS; command++) {
        for (unsigned int round = 0; round < ROUNDS; round++) {
            fill_wild(&memory, sizeof(memory));
            memory.sysctl.cmd = command;
            memory.sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
            /* The keys R and C end the machine, which is what they are for. */
            if (command != XEN_SYSCTL_debug_keys) {
                (void)wild_call(__HYPERVISOR_sysctl);
            }
            fill_wild(&memory, sizeof(memory));
            memory.platform.cmd = command;
            memory.platform.interface_version = XENPF_INTERFACE_VERSION;
            if (command != XENPF_enter_acpi_sleep) {
                (void)wild_call(__HYPERVISOR_platform_op);
            }
        }
    }
    end_domains();
}
END_TEST

/* Every command on a domain that is dead but kept by a reference: an error or nothing, and it still goes. */
START_TEST(commands_on_the_dead)
{
    for (uint32_t command = 0; command < COMMANDS; command++) {
        struct domain *d;

        make_domain(5);
        d = domain_get(5);
        memory.domctl.cmd = XEN_DOMCTL_destroydomain;
        ck_assert_int_eq(wild_call(__HYPERVISOR_domctl), 0);
        for (unsigned int round = 0; round < 50 && command != XEN_DOMCTL_createdomain; round++) {
            fill_wild(&memory, sizeof(memory));
            memory.domctl.cmd = command;
            memory.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
            memory.domctl.domain = 5;
            (void)wild_call(__HYPERVISOR_domctl);
        }
        domain_put(d);
        ck_assert_ptr_null(domain_by_id(5));
    }
}
END_TEST

TCase *domain_ops_tests(void)
{
    TCase *tests = tcase_create("operations");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, types_of_frames);
    tcase_add_test(tests, firmware_tells_of_efi);
    tcase_add_test(tests, callbacks_of_other_modes);
    tcase_add_test(tests, msrs_go_in_and_out);
    tcase_add_test(tests, fpu_images_go_in_and_out);
    tcase_add_test(tests, a_null_context_resets);
    tcase_add_test(tests, global_virqs_go_where_they_are_sent);
    tcase_add_test(tests, refusals_are_xens);
    tcase_add_test(tests, the_scheduler_s_parameter);
    tcase_add_test(tests, what_the_platform_tells);
    return tests;
}

TCase *domain_wild_tests(void)
{
    TCase *tests = tcase_create("wild arguments");

    tcase_add_checked_fixture(tests, wild_start, dbench_end);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, wild_domctls);
    tcase_add_test(tests, wild_sysctls_and_platform_ops);
    tcase_add_test(tests, commands_on_the_dead);
    return tests;
}
