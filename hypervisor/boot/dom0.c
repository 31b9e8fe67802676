/* SPDX-License-Identifier: MIT */
/*
 * Builds the first domain from the boot modules: kernel (ELF) and, if there is one, initrd. The layout, in
 * frame numbers of the domain from 0: the kernel where it wants to be, [initrd], [list of frames],
 * start_info, page tables, a boot stack, room up to 4 MiB; all of it mapped from VIRT_BASE on. Behind it what
 * the kernel finds by frame number: the list of frames with its own tables (INIT_P2M) and the initrd
 * (MOD_START_PFN).
 */
#include "boot/dom0.h"
#include "boot/command_line.h"
#include "boot/dom0_tables.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/heap.h"
#include "core/hypercall_page.h"
#include "lib/elf.h"
#include "lib/extents.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/irq.h"
#include "port/map.h"
#include "pvabi/errno.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/loader.h"
#include "x86/page_table.h"
#include "x86/serial.h"

#define MIB         (1ull << 20)
#define DEFAULT_MIN (512 * MIB)
#define DEFAULT_MAX (8192 * MIB)
#define CHUNK_ORDER 9u

static const char *const need_memory =
    "there is too little memory for the first domain; give the machine more or dom0_mem= less";

static const char *const need_domain_memory =
    "the first domain's memory is too small for its kernel and initrd; give it more by dom0_mem=";

/* Finds how much memory the first domain gets, in frames. */
static uint64_t memory_frames(void)
{
    uint64_t free = frame_free_count(), bytes = boot_options.dom0_memory;

    if (bytes == 0) {
        bytes = MIN(MAX(free * PAGE_SIZE / 4, DEFAULT_MIN), DEFAULT_MAX);
        /* A small machine keeps a little for the hypervisor's own objects. */
        bytes = MIN(bytes, (free - free / 16) * PAGE_SIZE);
    }
    return bytes >> PAGE_SHIFT;
}

/* Frames of the domain, in its order; the largest chunks first, so that most of it is contiguous. */
static bool allocate(struct dom0 *b)
{
    unsigned int order = CHUNK_ORDER;

    for (uint64_t n = 0; n < b->frame_count;) {
        mfn_t first;

        while (order > 0 && (1ull << order) > b->frame_count - n) {
            order--;
        }
        if (mm_alloc_unscrubbed(b->d, order, &first)) {
            if (order == 0) {
                return false;
            }
            order--;
            continue;
        }
        for (uint64_t i = 0; i < 1ull << order; i++) {
            b->list[n + i] = first.n + i;
            port_m2p_set(mfn(first.n + i), n + i);
        }
        n += 1ull << order;
    }
    return true;
}

static uint64_t to_pages(uint64_t bytes)
{
    return ROUND_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
}

/* Places all parts; everything is in frame numbers of the domain. */
static const char *lay_out(struct dom0 *b)
{
    const struct elf_kernel *k = &b->kernel;
    uint64_t at = ROUND_UP(k->end - k->virt_base, PAGE_SIZE) >> PAGE_SHIFT;

    b->list_pages = to_pages(b->frame_count * sizeof(uint64_t));
    if (!k->mod_start_pfn) {
        b->initrd = at;
        at += to_pages(b->initrd_size);
    }
    if (!b->list_apart) {
        b->list_at = at;
        at += b->list_pages;
    }
    b->start_info = at++;
    b->tables = at;
    if (at > b->frame_count) {
        return need_domain_memory;
    }
    dom0_tables_count(b);
    if (b->stack >= b->mapped_end || !guest_range_ok(guest_va(k->virt_base), b->mapped_end << PAGE_SHIFT)) {
        return "the kernel and what belongs to it do not fit behind its VIRT_BASE";
    }
    at = b->mapped_end;
    if (b->list_apart) {
        b->list_at = at;
        at += b->list_pages;
        b->list_tables = at;
        at += dom0_list_table_count(b);
        b->list_frames_end = at;
    }
    if (k->mod_start_pfn) {
        b->initrd = at;
        at += to_pages(b->initrd_size);
    }
    return at > b->frame_count ? need_domain_memory : NULL;
}

void *dom0_map(const struct dom0 *b, uint64_t frame)
{
    return port_map_frame(mfn(b->list[frame]));
}

/* Writes bytes (or, from NULL, zeros) to a pseudo-physical address. */
static void write_bytes(const struct dom0 *b, uint64_t address, const void *from, uint64_t length)
{
    while (length > 0) {
        uint64_t offset = address & (PAGE_SIZE - 1), part = MIN(PAGE_SIZE - offset, length);
        char *page = dom0_map(b, address >> PAGE_SHIFT);

        if (from) {
            memcpy(page + offset, from, part);
            from = (const char *)from + part;
        } else {
            memset(page + offset, 0, part);
        }
        port_unmap_frame(page);
        address += part;
        length -= part;
    }
}

/* Everything that is mapped starts as zeros: Linux takes what it finds behind its image for its own. */
static void load_kernel(const struct dom0 *b)
{
    for (uint64_t n = 0; n < b->mapped_end; n++) {
        port_clear_frame(mfn(b->list[n]));
    }
    for (unsigned int i = 0; i < b->elf.program_count; i++) {
        struct elf_segment s;

        if (elf_segment_read(&b->elf, i, &s) && s.type == ELF_SEGMENT_LOAD && s.memory_size != 0) {
            write_bytes(b, s.physical_address - b->kernel.paddr_offset, b->elf.image + s.offset, s.file_size);
        }
    }
}

static void load_initrd(const struct dom0 *b)
{
    if (b->initrd_size != 0) {
        write_bytes(b, b->initrd << PAGE_SHIFT, b->initrd_image, b->initrd_size);
        write_bytes(b, (b->initrd << PAGE_SHIFT) + b->initrd_size, NULL, -b->initrd_size & (PAGE_SIZE - 1));
    }
}

/* The list goes into its frames at last; what is behind its end in the last page stays all ones. */
static void write_list(const struct dom0 *b)
{
    for (uint64_t page = 0; page < b->list_pages; page++) {
        uint64_t *to = dom0_map(b, b->list_at + page);
        uint64_t first = page * 512, count = MIN(512ull, b->frame_count - first);

        memset(to, 0xff, PAGE_SIZE);
        memcpy(to, b->list + first, count * sizeof(uint64_t));
        port_unmap_frame(to);
    }
}

static void write_start_info(const struct dom0 *b)
{
    const struct elf_kernel *k = &b->kernel;
    start_info_t *si = dom0_map(b, b->start_info);

    strlcpy(si->magic, k->pae ? "xen-3.0-x86_64p" : "xen-3.0-x86_64", sizeof(si->magic));
    si->nr_pages = b->frame_count;
    si->shared_info = b->d->shared_info_frame.n << PAGE_SHIFT;
    si->flags =
        SIF_PRIVILEGED | SIF_INITDOMAIN | (k->mod_start_pfn && b->initrd_size ? SIF_MOD_START_PFN : 0);
    si->console.dom0.info_off = sizeof(*si);
    si->console.dom0.info_size = 0;
    si->pt_base = k->virt_base + (b->tables << PAGE_SHIFT);
    si->nr_pt_frames = b->table_count;
    si->mfn_list = b->list_apart ? k->init_p2m : k->virt_base + (b->list_at << PAGE_SHIFT);
    if (b->list_apart) {
        si->first_p2m_pfn = b->list_at;
        si->nr_p2m_frames = b->list_frames_end - b->list_at;
    }
    if (b->initrd_size) {
        si->mod_start = k->mod_start_pfn ? b->initrd : k->virt_base + (b->initrd << PAGE_SHIFT);
        si->mod_len = b->initrd_size;
    }
    strlcpy((char *)si->cmd_line, b->line, sizeof(si->cmd_line));
    port_unmap_frame(si);
}

static const char *fill_hypercall_page(const struct dom0 *b)
{
    uint64_t frame = (b->kernel.hypercall_page - b->kernel.virt_base) >> PAGE_SHIFT;
    void *page;

    if (!b->kernel.has_hypercall_page) {
        return NULL;
    }
    if (frame >= b->mapped_end || b->kernel.hypercall_page & ~PAGE_MASK) {
        return "the kernel's note HYPERCALL_PAGE points outside of it";
    }
    page = dom0_map(b, frame);
    hypercall_page_fill(page);
    port_unmap_frame(page);
    return NULL;
}

static void deny(struct rangeset *set, uint64_t first, uint64_t last)
{
    if (rangeset_remove(set, first, last)) {
        port_panic("the first domain's rights have too many pieces");
    }
}

static void give_io_ports(struct domain *d)
{
    if (rangeset_add(d->io_ports, 0, 0xffff)) {
        port_panic("no room for the first domain's I/O ports");
    }
    deny(d->io_ports, 0x20, 0x21); /* PICs */
    deny(d->io_ports, 0xa0, 0xa1);
    deny(d->io_ports, 0x40, 0x43); /* PIT */
    deny(d->io_ports, 0x61, 0x61);
    deny(d->io_ports, 0xcf8, 0xcf8); /* PCI configuration goes through its emulation */
    deny(d->io_ports, 0xcfc, 0xcff);
    if (x86_serial_port()) {
        deny(d->io_ports, x86_serial_port(), x86_serial_port() + 7u);
    }
    if (acpi_info.pm_timer) {
        deny(d->io_ports, acpi_info.pm_timer, acpi_info.pm_timer + 3u);
    }
}

/*
 * RAM has owners and is safe by that; what is left to forbid are the interrupt controllers and the MSI
 * window, and addresses that the CPU does not have: an entry with reserved bits would make the hypervisor's
 * own accesses fault.
 */
static void give_hardware(struct domain *d)
{
    give_io_ports(d);
    if (rangeset_add(d->io_frames, 0, (1ull << (x86_features.physical_bits - PAGE_SHIFT)) - 1) ||
        (port_irq_count() && rangeset_add(d->irqs, 0, port_irq_count() - 1))) {
        port_panic("no room for the first domain's rights");
    }
    deny(d->io_frames, acpi_info.apic_physical >> PAGE_SHIFT, acpi_info.apic_physical >> PAGE_SHIFT);
    deny(d->io_frames, 0xfee00, 0xfeeff);
    for (unsigned int i = 0; i < acpi_info.ioapic_count; i++) {
        deny(d->io_frames, acpi_info.ioapics[i].physical >> PAGE_SHIFT,
             acpi_info.ioapics[i].physical >> PAGE_SHIFT);
    }
}

static const char *load_context(const struct dom0 *b)
{
    struct vcpu_guest_context *c = heap_zalloc(sizeof(*c));
    mfn_t root = mfn(b->list[b->tables]);
    struct vcpu *v = b->d->vcpus[0];
    int error;

    if (!c) {
        return need_memory;
    }
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->kernel.entry;
    c->user_regs.rsp = b->kernel.virt_base + ((b->stack + 1) << PAGE_SHIFT);
    c->user_regs.rsi = b->kernel.virt_base + (b->start_info << PAGE_SHIFT);
    c->user_regs.rflags = 0x200;
    c->user_regs.cs = FLAT_KERNEL_CS64;
    c->user_regs.ss = FLAT_KERNEL_SS64;
    c->kernel_ss = c->user_regs.ss;
    c->kernel_sp = c->user_regs.rsp;
    c->debugreg[6] = 0xffff0ff0;
    c->debugreg[7] = 0x400;
    c->ctrlreg[3] = xen_pfn_to_cr3(root.n);
    error = guest_cpu_load(v, c);
    heap_free(c);
    if (!error) {
        error = mm_pin(v, b->d, root, 4);
    }
    if (error) {
        log_error("dom0: its first page tables were refused with error %d", error);
        return "the first domain's page tables are not valid: this is a mistake of Parvis";
    }
    return NULL;
}

static const char *make_domain(struct dom0 *b)
{
    struct domain_config config = {
        .vcpu_count = boot_options.dom0_vcpus ? boot_options.dom0_vcpus : cpumask_count(port_cpus_online()),
        .event_port_max = UINT32_MAX,
        .grant_frames_max = 64,
        .maptrack_frames_max = 1024,
        .grant_version_max = 2,
        .privileged = true,
    };

    if (domain_create(0, &config, &b->d)) {
        return need_memory;
    }
    for (uint32_t i = 0; i < config.vcpu_count; i++) {
        if (vcpu_create(b->d, i)) {
            return need_memory;
        }
    }
    domain_first = b->d;
    b->d->mm.frame_max = b->frame_count;
    give_hardware(b->d);
    return NULL;
}

/* The module's words, then those behind "--" on the hypervisor's line. */
static const char *command_line(struct boot_module *kernel)
{
    size_t length = strlen(kernel->line);

    if (length != 0 && boot_info.kernel_line[0] != '\0' && length < sizeof(kernel->line) - 1) {
        kernel->line[length++] = ' ';
    }
    strlcpy(kernel->line + length, boot_info.kernel_line, sizeof(kernel->line) - length);
    return kernel->line;
}

/* A loader may put small modules below 1 MiB, where nothing is mapped. */
static const void *module_image(const struct boot_module *module)
{
    return x86_map_firmware(module->start, MAX(module->end - module->start, 1ull));
}

static const char *read_modules(struct dom0 *b)
{
    struct boot_module *kernel = &boot_info.modules[0], *initrd = &boot_info.modules[1];
    const char *wrong;

    if (boot_info.module_count == 0) {
        return "there is no kernel for the first domain: give a PV kernel (ELF) as the first boot module";
    }
    wrong = elf_open(&b->elf, module_image(kernel), kernel->end - kernel->start);
    wrong = wrong ? wrong : elf_kernel_read(&b->kernel, &b->elf, true);
    if (wrong) {
        log_error("dom0: the first boot module is no kernel that can be started");
        return wrong;
    }
    if (b->kernel.virt_base & ~PAGE_MASK) {
        return "the kernel's note VIRT_BASE is not at the start of a page";
    }
    b->line = command_line(kernel);
    if (boot_info.module_count > 1) {
        b->initrd_image = module_image(initrd);
        b->initrd_size = initrd->end - initrd->start;
    }
    b->list_apart = b->kernel.has_init_p2m && !(b->kernel.init_p2m & ~PAGE_MASK) &&
                    b->kernel.init_p2m + (DEFAULT_MAX << 4) < b->kernel.virt_base &&
                    guest_range_ok(guest_va(b->kernel.init_p2m), DEFAULT_MAX << 4);
    return NULL;
}

/* Modules that share a page, as the files of an archive do, give it back once. */
static void free_modules(void)
{
    struct extents pages = {.count = 0};

    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        if (!extents_add(&pages, boot_info.modules[i].start & PAGE_MASK,
                         ROUND_UP(boot_info.modules[i].end, PAGE_SIZE))) {
            return;
        }
    }
    for (unsigned int i = 0; i < pages.count; i++) {
        frame_add_free(mfn(pages.items[i].start >> PAGE_SHIFT),
                       (pages.items[i].end - pages.items[i].start) >> PAGE_SHIFT);
    }
}

static const char *build(struct dom0 *b)
{
    const char *wrong = read_modules(b);
    unsigned int list_order = 0;

    b->frame_count = memory_frames();
    if (!wrong && b->frame_count > frame_free_count()) {
        wrong = need_memory;
    }
    wrong = wrong ? wrong : make_domain(b);
    wrong = wrong ? wrong : lay_out(b);
    if (wrong) {
        return wrong;
    }
    while ((PAGE_SIZE << list_order) < b->frame_count * sizeof(uint64_t)) {
        list_order++;
    }
    b->list_frame = frame_alloc_hv(list_order);
    if (!mfn_valid_number(b->list_frame)) {
        return need_memory;
    }
    b->list = port_hv_address(b->list_frame);
    if (!allocate(b)) {
        return need_memory;
    }
    load_kernel(b);
    load_initrd(b);
    free_modules();
    wrong = fill_hypercall_page(b);
    dom0_tables_write(b);
    write_list(b);
    write_start_info(b);
    wrong = wrong ? wrong : load_context(b);
    frame_free_hv(b->list_frame, list_order);
    return wrong;
}

const char *boot_dom0_build(void)
{
    static struct dom0 b;
    const char *wrong = build(&b);

    if (!wrong) {
        log_info("dom0: %s %s, %llu MiB, %u vCPUs", b.kernel.guest_os, b.kernel.guest_version,
                 (unsigned long long)b.frame_count >> 8, b.d->vcpu_count);
        sched_pause_clear(b.d->vcpus[0], SCHED_PAUSE_DOWN);
        if (domain_toolstack_unpause(b.d)) {
            port_panic("the first domain does not start");
        }
    }
    return wrong;
}
