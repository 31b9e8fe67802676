/* SPDX-License-Identifier: MIT */
/*
 * What every hypercall of the list costs, and the paths around them: NAME=VALUE for the whole, NAME.own=VALUE
 * for the guest's instructions in it. A name that begins with a hypercall's is a case of that hypercall.
 */
#include "guest/guest.h"
#include "guest/measure.h"
#include "pvabi/hvm/params.h"
#include "pvabi/nmi.h"
#include "pvabi/platform.h"
#include "pvabi/sysctl.h"
#include "pvabi/domctl.h"

/* Calls between two marks. */
#define MARKED_CALLS 100

static uint64_t *page, *second_root;
static evtchn_port_t port;
static struct gnttab_copy copy;
static struct gnttab_query_size query;
static unsigned long gdt_mfn;

#define ACT(name)                           \
    static void act_##name(void *argument); \
    static void act_##name(void *argument __attribute__((unused)))

ACT(set_trap_table)
{
    static const struct trap_info none[1];

    hypercall_set_trap_table(HARG(none));
}
ACT(mmu_update)
{
    struct mmu_update request = {.ptr = pt_entry_maddr(page, 1), .val = memory_va_to_maddr(page) | PTE_PAGE};

    hypercall_mmu_update(HARG(&request), 1, 0, DOMID_SELF);
}
ACT(mmu_update_32)
{
    static struct mmu_update requests[32];

    for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
        requests[i] =
            (struct mmu_update){.ptr = pt_entry_maddr(page, 1), .val = memory_va_to_maddr(page) | PTE_PAGE};
    }
    hypercall_mmu_update(HARG(requests), ARRAY_SIZE(requests), 0, DOMID_SELF);
}
ACT(set_gdt)
{
    hypercall_set_gdt(HARG(&gdt_mfn), 16);
}
ACT(stack_switch)
{
    hypercall_stack_switch(FLAT_KERNEL_SS, HARG(vcpu_current()->entry_stack + VCPU_STACK_SIZE));
}
ACT(set_callbacks)
{
    hypercall_set_callbacks(HARG(entry_event), HARG(entry_failsafe), HARG(entry_syscall));
}
ACT(fpu_taskswitch)
{
    hypercall_fpu_taskswitch(0);
}
ACT(sched_op_compat)
{
    hypercall_sched_op_compat(SCHEDOP_yield, 0);
}
ACT(platform_op)
{
    struct xen_platform_op op = {.cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION};

    hypercall_platform_op(HARG(&op));
}
ACT(set_debugreg)
{
    hypercall_set_debugreg(0, 0);
}
ACT(get_debugreg)
{
    hypercall_get_debugreg(0);
}
ACT(update_descriptor)
{
    hypercall_update_descriptor(gdt_mfn << PAGE_SHIFT | 0x18, 0x00cff3000000fffful);
}
ACT(memory_op)
{
    static xen_pfn_t self = DOMID_SELF;

    hypercall_memory_op(XENMEM_current_reservation, HARG(&self));
}
ACT(multicall)
{
    static struct multicall_entry calls[8];

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
    }
    hypercall_multicall(HARG(calls), ARRAY_SIZE(calls));
}
ACT(update_va_mapping)
{
    hypercall_update_va_mapping(HARG(page), memory_va_to_maddr(page) | PTE_PAGE, 0);
}
ACT(update_va_mapping_invlpg)
{
    hypercall_update_va_mapping(HARG(page), memory_va_to_maddr(page) | PTE_PAGE, UVMF_INVLPG);
}
ACT(set_timer_op)
{
    hypercall_set_timer_op(0);
}
ACT(event_channel_op_compat)
{
    struct evtchn_op op = {.cmd = EVTCHNOP_send, .u.send.port = port};

    hypercall_event_channel_op_compat(HARG(&op));
}
ACT(xen_version)
{
    hypercall_xen_version(XENVER_version, 0);
}
ACT(console_io)
{
    hypercall_console_io(CONSOLEIO_write, 0, HARG(""));
}
ACT(physdev_op_compat)
{
    hypercall_physdev_op_compat(0);
}
ACT(grant_table_op)
{
    hypercall_grant_table_op(GNTTABOP_query_size, HARG(&query), 1);
}
ACT(grant_table_op_copy)
{
    hypercall_grant_table_op(GNTTABOP_copy, HARG(&copy), 1);
}
ACT(grant_table_op_map)
{
    static void *window;
    grant_handle_t handle;

    window = window ? window : pt_reserve(1);
    if (grant_map(window, copy.source.domid, copy.source.u.ref, 0, &handle) == GNTST_okay) {
        grant_unmap(window, handle);
    }
}
ACT(vm_assist)
{
    hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_pae_extended_cr3);
}
ACT(update_va_mapping_otherdomain)
{
    hypercall_update_va_mapping_otherdomain(HARG(page), memory_va_to_maddr(page) | PTE_PAGE, 0, DOMID_SELF);
}
ACT(iret)
{
    /* A breakpoint and the return from it. */
    __asm__ volatile("int3" ::: "memory");
}
ACT(vcpu_op)
{
    hypercall_vcpu_op(VCPUOP_is_up, 0, 0);
}
ACT(vcpu_op_timer)
{
    struct vcpu_set_singleshot_timer far = {.timeout_abs_ns = ~0ul >> 2};

    hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, HARG(&far));
}
ACT(set_segment_base)
{
    hypercall_set_segment_base(SEGBASE_FS, 0);
}
ACT(mmuext_op_flush)
{
    pt_flush_local();
}
ACT(mmuext_op_invlpg)
{
    pt_mmuext(MMUEXT_INVLPG_LOCAL, HARG(page));
}
ACT(mmuext_op_baseptr)
{
    pt_mmuext(MMUEXT_NEW_BASEPTR, pt_root_mfn());
}
ACT(mmuext_op_pin)
{
    pt_pin(second_root, 1);
    pt_unpin(second_root);
}
ACT(nmi_op)
{
    hypercall_nmi_op(XENNMI_unregister_callback, 0);
}
ACT(sched_op)
{
    hypercall_sched_op(SCHEDOP_yield, 0);
}
ACT(callback_op)
{
    struct callback_register request = {.type = CALLBACKTYPE_syscall, .address = HARG(entry_syscall)};

    hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}
ACT(event_channel_op)
{
    event_send(port);
}
ACT(event_channel_op_upcall)
{
    event_unmask(port);
    event_send(port);
    event_mask(port);
}
ACT(physdev_op)
{
    struct physdev_set_iopl iopl = {.iopl = 1};

    hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl));
}
ACT(sysctl)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    hypercall_sysctl(HARG(&op));
}
ACT(domctl)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo,
                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION};

    hypercall_domctl(HARG(&op));
}
ACT(unknown)
{
    hypercall(11, 0, 0, 0, 0, 0);
}
/* Paths without a hypercall of their own. */
ACT(path_pte_write)
{
    volatile uint64_t *entry = (volatile uint64_t *)pt_entry(page, 1);

    *entry = memory_va_to_maddr(page) | PTE_PAGE;
}
ACT(path_read_cr3)
{
    uint64_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
}
ACT(path_cpuid)
{
    uint32_t out[4];

    x86_cpuid_forced(0, 0, out);
}
ACT(path_rdmsr)
{
    uint64_t value;

    trap_rdmsr(MSR_EFER, &value);
}
ACT(path_page_fault)
{
    uint64_t value;

    trap_read_word((void *)0x1000, &value);
}

#define ROW(name, calls)         \
    {                            \
#name, act_##name, calls \
    }
static const struct {
    const char *name;
    measure_act *act;
    unsigned int calls;
} rows[] = {
    ROW(set_trap_table, 500),
    ROW(mmu_update, 500),
    ROW(mmu_update_32, 50),
    ROW(set_gdt, 200),
    ROW(stack_switch, 500),
    ROW(set_callbacks, 500),
    ROW(fpu_taskswitch, 500),
    ROW(sched_op_compat, 200),
    ROW(platform_op, 200),
    ROW(set_debugreg, 500),
    ROW(get_debugreg, 500),
    ROW(update_descriptor, 500),
    ROW(memory_op, 500),
    ROW(multicall, 200),
    ROW(update_va_mapping, 500),
    ROW(update_va_mapping_invlpg, 500),
    ROW(set_timer_op, 500),
    ROW(event_channel_op_compat, 500),
    ROW(xen_version, 500),
    ROW(console_io, 200),
    ROW(physdev_op_compat, 500),
    ROW(grant_table_op, 500),
    ROW(grant_table_op_copy, 200),
    ROW(grant_table_op_map, 200),
    ROW(vm_assist, 500),
    ROW(update_va_mapping_otherdomain, 200),
    ROW(iret, 500),
    ROW(vcpu_op, 500),
    ROW(vcpu_op_timer, 200),
    ROW(set_segment_base, 500),
    ROW(mmuext_op_flush, 500),
    ROW(mmuext_op_invlpg, 500),
    ROW(mmuext_op_baseptr, 200),
    ROW(mmuext_op_pin, 100),
    ROW(nmi_op, 500),
    ROW(sched_op, 200),
    ROW(callback_op, 500),
    ROW(event_channel_op, 500),
    ROW(event_channel_op_upcall, 200),
    ROW(physdev_op, 500),
    ROW(sysctl, 100),
    ROW(domctl, 100),
    ROW(unknown, 500),
    ROW(path_pte_write, 200),
    ROW(path_read_cr3, 200),
    ROW(path_cpuid, 200),
    ROW(path_rdmsr, 200),
    ROW(path_page_fault, 200),
};

static bool ignore(struct trap_frame *frame)
{
    (void)frame;
    return true;
}

/* Every hypercall of the list has a row that begins with its name. */
static bool all_are_there(void)
{
    static const char *const names[] = {
#define PVABI_HYPERCALL(number, name, count, who, preempt) #name,
#include "pvabi/hypercall-list.h"
    };
    bool all = true;

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        bool found = false;

        for (unsigned int row = 0; row < ARRAY_SIZE(rows); row++) {
            found |= strncmp(rows[row].name, names[i], strlen(names[i])) == 0;
        }
        if (!found) {
            printf("no row for %s\n", names[i]);
        }
        all &= found;
    }
    return all;
}

static void prepare(void)
{
    domid_t self = event_own_domain();
    uint64_t *gdt = memory_page_alloc();

    page = memory_page_alloc();
    second_root = memory_page_alloc();
    port = (evtchn_port_t)event_alloc_unbound(self);
    event_bind_interdomain(self, port);
    pt_protect(gdt, false);
    gdt_mfn = memory_va_to_mfn(gdt);
    copy.source.u.ref = (grant_ref_t)grant_page(self, page, false);
    copy.source.domid = self;
    copy.dest.u.gmfn = memory_va_to_mfn(memory_page_alloc());
    copy.dest.domid = DOMID_SELF;
    copy.len = PAGE_SIZE;
    copy.flags = GNTCOPY_source_gref;
    query.dom = DOMID_SELF;
    hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    trap_set_hook(VECTOR_BP, ignore);
}

int guest_main(void)
{
    measure_init();
    prepare();
    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        printf("%s=%lu\n", rows[i].name, measure_cost(rows[i].act, NULL, rows[i].calls));
        printf("%s.own=%lu\n", rows[i].name, measure_own(rows[i].act, NULL));
        measure_marked(rows[i].name, rows[i].act, NULL, MARKED_CALLS);
    }
    return all_are_there() ? 0 : 1;
}
