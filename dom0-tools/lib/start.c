/* SPDX-License-Identifier: MIT */
/* What a PV kernel finds at its start. */
#include "lib/start.h"

#include <string.h>

#include "lib/domctl.h"
#include "lib/foreign.h"
#include "pvabi/grant_table.h"
#include "pvabi/memory.h"
#include "pvabi/xen.h"

/* The interface that a 64-bit PV kernel is started with, as start_info tells it. */
#define START_MAGIC "xen-3.0-x86_64"
/* The domain whose daemons serve the rings: the one that these tools run in. */
#define SERVER_DOMID 0

/* Registers at the start: interrupts on (their events are masked), debug registers as after a reset. */
#define START_RFLAGS 0x200
#define START_DR6    0xffff0ff0UL
#define START_DR7    0x400UL

static void describe_ramdisk(const struct pv_build *build, start_info_t *info)
{
    if (build->ramdisk_size == 0) {
        return;
    }
    if (build->kernel.notes.mod_start_pfn) {
        info->flags |= SIF_MOD_START_PFN;
        info->mod_start = build->layout.ramdisk.first;
        info->mod_len = build->layout.ramdisk.count << PV_PAGE_SHIFT;
    } else {
        info->mod_start = pv_layout_address(&build->layout, build->layout.ramdisk.first);
        info->mod_len = build->ramdisk_size;
    }
}

static void describe(const struct pv_build *build, uint64_t shared_info_frame, start_info_t *info)
{
    const struct pv_layout *layout = &build->layout;

    strcpy(info->magic, START_MAGIC);
    info->nr_pages = build->pages;
    info->shared_info = shared_info_frame << PV_PAGE_SHIFT;
    info->store_mfn = build->store_frame;
    info->store_evtchn = build->store_port;
    info->console.domU.mfn = build->console_frame;
    info->console.domU.evtchn = build->console_port;
    info->pt_base = pv_layout_address(layout, layout->page_tables.first);
    info->nr_pt_frames = layout->page_tables.count;
    if (layout->p2m_apart) {
        info->mfn_list = layout->p2m_map.start;
        info->first_p2m_pfn = layout->p2m_all.first;
        info->nr_p2m_frames = layout->p2m_all.count;
    } else {
        info->mfn_list = pv_layout_address(layout, layout->p2m.first);
    }
    describe_ramdisk(build, info);
    if (build->command_line) {
        strncpy((char *)info->cmd_line, build->command_line, MAX_GUEST_CMDLINE - 1);
    }
}

/* A kernel starts with its events masked; whatever its number of vCPUs, Xen's tools mask all that there can
 * be. */
static void mask_events(shared_info_t *shared)
{
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
}

int pv_start_write_info(struct pv_ctx *ctx, const struct pv_build *build, uint64_t frame,
                        struct pv_error *error)
{
    struct pv_domain_info domain;
    uint64_t frames[2] = {frame};
    char *pages;

    if (pv_domctl_info(ctx, build->domid, &domain, error) != 0) {
        return -1;
    }
    frames[1] = domain.shared_info_frame;
    pages = pv_foreign_map(ctx, build->domid, frames, 2, 1, error);
    if (!pages) {
        return -1;
    }
    describe(build, domain.shared_info_frame, (start_info_t *)pages);
    mask_events((shared_info_t *)(pages + PV_PAGE_SIZE));
    pv_foreign_unmap(pages, 2);
    return 0;
}

static void seed(volatile grant_entry_v1_t *entry, uint64_t frame)
{
    entry->domid = SERVER_DOMID;
    entry->frame = (uint32_t)frame;
    /* The flags make the entry valid, so they come last; the domain does not run yet, so no more is needed.
     */
    entry->flags = GTF_permit_access;
}

int pv_start_seed_grants(struct pv_ctx *ctx, const struct pv_build *build, struct pv_error *error)
{
    grant_entry_v1_t *table = pv_foreign_map_resource(ctx, build->domid, XENMEM_resource_grant_table,
                                                      XENMEM_resource_grant_table_id_shared, 0, 1, error);

    if (!table) {
        return -1;
    }
    seed(&table[GNTTAB_RESERVED_CONSOLE], build->console_frame);
    seed(&table[GNTTAB_RESERVED_XENSTORE], build->store_frame);
    pv_foreign_unmap(table, 1);
    return 0;
}

int pv_start_set_vcpu(struct pv_ctx *ctx, const struct pv_build *build, uint64_t l4, struct pv_error *error)
{
    const struct pv_layout *layout = &build->layout;
    vcpu_guest_context_t context = {.flags = VGCF_in_kernel | VGCF_online};
    struct cpu_user_regs *regs = &context.user_regs;

    regs->rip = build->kernel.notes.entry;
    regs->rsp = pv_layout_address(layout, layout->boot_stack + 1);
    regs->rsi = pv_layout_address(layout, layout->start_info);
    regs->rflags = START_RFLAGS;
    regs->cs = FLAT_KERNEL_CS;
    regs->ss = FLAT_KERNEL_SS;
    regs->ds = regs->es = regs->fs = regs->gs = FLAT_KERNEL_DS;
    context.kernel_ss = regs->ss;
    context.kernel_sp = regs->rsp;
    context.ctrlreg[3] = xen_pfn_to_cr3(l4);
    context.debugreg[6] = START_DR6;
    context.debugreg[7] = START_DR7;
    return pv_domctl_set_vcpu(ctx, build->domid, 0, &context, error);
}
