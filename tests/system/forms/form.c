/* SPDX-License-Identifier: MIT */
/*
 * A guest that looks at what it finds at its start: registers, the order of the first mapping, page tables,
 * the list of frames, shared_info, rings, initrd, hypercall page; then runs a piece of user code. It says
 * "TEST form-CHECK: success" or "failure" for each, by console_io or the PV console, and shuts down.
 */
#include "form.h"

#include <stddef.h>

#include "pvabi/version.h"

#define MIB           0x100000ul
#define MAPPING_ALIGN (4 * MIB)
#define MAPPING_SPARE (MIB / 2)
#define PTE_P         1ul
#define PTE_RW        2ul
#define PTE_FRAME     0x000ffffffffff000ul
#define INIT_P2M      0x8000000000ul
#define INITRD_WORD   0x6472746964726f66ul /* "forditrd" */
#define RFLAGS_IF     0x202ul              /* and the bit that is always set */
#define USER_VECTORS  3
#define GDT_DATA      5

extern char form_image_end[], form_base[], hypercall_page[], _start[];
extern char form_user[], form_trap_add[], form_trap_done[], form_trap_wrong[];
extern unsigned long form_registers[17];

static const unsigned long *const m2p = (const unsigned long *)0xffff800000000000ul;
static struct start_info *info;
static unsigned long base;
static unsigned int failures;
static char window[4096] __attribute__((aligned(4096)));
static char user_stack[4096] __attribute__((aligned(16)));
static unsigned long bss_word;

void form_main(struct start_info *start);
void form_user_returned(unsigned long good);

static void check(const char *name, bool good)
{
    form_print("TEST form-");
    form_print(name);
    form_print(good ? ": success\n" : ": failure\n");
    failures += !good;
}

/* The virtual address of a table or page of the first mapping by its machine frame. */
static void *at_machine(unsigned long entry)
{
    return (void *)(base + (m2p[(entry & PTE_FRAME) >> 12] << 12));
}

/* The L1 entry of an address; 0 if nothing is mapped. */
static unsigned long pte_of(unsigned long address)
{
    const unsigned long *table = (const unsigned long *)info->pt_base;

    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        unsigned long entry = table[address >> shift & 511];

        if (!(entry & PTE_P)) {
            return 0;
        }
        table = at_machine(entry);
    }
    return table[address >> 12 & 511];
}

static void check_registers(void)
{
    static const char name[] = "registers";
    const unsigned long *r = form_registers;

    for (unsigned int i = 0; i < 16; i++) {
        if (i != 4 && i != 7 && r[i] != 0) {
            form_print("a register is not 0\n");
            check(name, false);
            return;
        }
    }
    check(name, r[16] == RFLAGS_IF);
    check("selectors", form_selector_cs() == FLAT_KERNEL_CS64 && form_selector_ss() == FLAT_KERNEL_SS64 &&
                           form_selectors_data() == 0);
    check("rsi", r[4] % 4096 == 0 && r[4] == (unsigned long)info);
}

/* kernel, [initrd], [list], start_info, [rings], page tables, stack; 512 KiB, and up to 4 MiB. */
static void check_order(void)
{
    unsigned long at = ((unsigned long)form_image_end + 4095) & ~4095ul, stack = form_registers[7], end;
    bool by_frame = info->flags & SIF_MOD_START_PFN;

    check("initrd-place", info->mod_len == 0 || by_frame || info->mod_start == at);
    at += info->mod_len == 0 || by_frame ? 0 : (info->mod_len + 4095) & ~4095ul;
#ifdef FORM_INIT_P2M
    check("list-place", info->mfn_list == INIT_P2M);
#else
    check("list-place", info->mfn_list == at);
    at += (info->nr_pages * 8 + 4095) & ~4095ul;
#endif
    check("start-info-place", (unsigned long)info == at);
    at += info->flags & SIF_INITDOMAIN ? 4096 : 3 * 4096;
    check("tables-place", info->pt_base == at);
    at += info->nr_pt_frames * 4096;
    check("stack-place", stack == at + 4096);
    for (end = base; pte_of(end) & PTE_P; end += 4096) {
    }
    check("mapping-end", end % MAPPING_ALIGN == 0 && end - stack >= MAPPING_SPARE &&
                             end - stack < MAPPING_ALIGN + MAPPING_SPARE);
}

/* Everything from the base on is mapped one to one, tables read-only, the rest writable. */
static void check_tables(void)
{
    bool one_to_one = true, rights = true;
    unsigned long entry;

    for (unsigned long n = 0; (entry = pte_of(base + (n << 12))) & PTE_P; n++) {
        unsigned long address = base + (n << 12);
        bool table = address >= info->pt_base && address < info->pt_base + info->nr_pt_frames * 4096;

        one_to_one = one_to_one && m2p[(entry & PTE_FRAME) >> 12] == n;
        rights = rights && !(entry & PTE_RW) == table;
    }
    check("one-to-one", one_to_one);
    check("rights", rights);
    check("nothing-below", base == 0 || !(pte_of(base - 4096) & PTE_P));
}

static void check_list(void)
{
    const unsigned long *list = (const unsigned long *)info->mfn_list;
    unsigned long n, end = (info->nr_pages + 511) & ~511ul;

    for (n = 0; n < info->nr_pages && m2p[list[n]] == n; n++) {
    }
    check("list", n == info->nr_pages);
    for (; n < end && list[n] == ~0ul; n++) {
    }
    check("list-end", n == end);
#ifdef FORM_INIT_P2M
    /* The list and its tables lie behind the first mapping. */
    check("list-frames", info->nr_p2m_frames > (info->nr_pages * 8 + 4095) >> 12 &&
                             !(pte_of(base + (info->first_p2m_pfn << 12)) & PTE_P) &&
                             info->first_p2m_pfn + info->nr_p2m_frames <= info->nr_pages);
#else
    check("list-frames", info->nr_p2m_frames == 0);
#endif
}

static bool set_pte(const void *address, unsigned long entry)
{
    return form_hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)address, entry, UVMF_INVLPG, 0) == 0;
}

static bool map_window(unsigned long mfn)
{
    return set_pte(window, mfn << 12 | 7);
}

static void check_shared_info(void)
{
    const struct shared_info *shared = (const struct shared_info *)window;
    bool masked = true, none = true;

    check("shared-info", info->shared_info % 4096 == 0 && map_window(info->shared_info >> 12));
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        masked = masked && shared->vcpu_info[i].evtchn_upcall_mask == 1;
    }
    for (unsigned int i = 0; i < 64; i++) {
        none = none && shared->evtchn_mask[i] == 0 && (shared->evtchn_pending[i] == 0 || i == 0);
    }
    check("events-masked", masked);
    check("no-events", none);
    check("clock", shared->vcpu_info[0].time.tsc_to_system_mul != 0 && shared->wc_sec != 0);
}

static void check_rings(void)
{
    unsigned long first = ((unsigned long)info - base) >> 12;

    if (info->flags & SIF_INITDOMAIN) {
        check("flags", (info->flags & SIF_PRIVILEGED) && info->store_mfn == 0 && info->store_evtchn == 0);
        check("console", info->console.dom0.info_off >= sizeof(*info));
        return;
    }
    check("flags", (info->flags & ~SIF_MOD_START_PFN) == 0);
    check("store", m2p[info->store_mfn] == first + 1 && info->store_evtchn != 0);
    check("console", m2p[info->console.domU.mfn] == first + 2 && info->console.domU.evtchn != 0);
}

/* Its content is INITRD_WORD, 1000 times, and then nothing. */
static void check_initrd(void)
{
    const unsigned long *list = (const unsigned long *)info->mfn_list, *words;
    unsigned long n = 0;

    if (info->mod_len == 0) {
        check("no-initrd", info->mod_start == 0 && !(info->flags & SIF_MOD_START_PFN));
        return;
    }
    words = (const unsigned long *)info->mod_start;
    if (info->flags & SIF_MOD_START_PFN) {
        words = map_window(list[info->mod_start]) ? (const unsigned long *)window : words;
    }
#ifdef FORM_MOD_START_PFN
    check("initrd-by-frame", info->flags & SIF_MOD_START_PFN);
#else
    check("initrd-mapped", !(info->flags & SIF_MOD_START_PFN));
#endif
    while (n < 500 && words[n] == INITRD_WORD) {
        n++;
    }
    check("initrd", n == 500 && info->mod_len >= 8000);
}

static void check_hypercalls(void)
{
    long version = form_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);

    check("syscall", version == (4 << 16 | 17));
#ifdef FORM_PAGE
    check("hypercall-page", form_call_page(__HYPERVISOR_xen_version) == version);
#else
    check("hypercall-page", (unsigned char)hypercall_page[0] == 0xcc);
#endif
}

static unsigned long frame_of(const void *address)
{
    return ((const unsigned long *)info->mfn_list)[((unsigned long)address - base) >> 12];
}

/* What small kernels do next: a GDT of their own in a page of the image, and nothing at address 0. */
static void check_own_memory(void)
{
    static unsigned long gdt[512] __attribute__((aligned(4096))) = {[GDT_DATA] = 0x00cff3000000fffful};
    unsigned long frame = frame_of(gdt), list = (unsigned long)&frame;

    check("gdt-writable", form_hypercall(__HYPERVISOR_set_gdt, list, GDT_DATA + 1, 0, 0) < 0);
    check("gdt-read-only", set_pte(gdt, frame << 12 | PTE_P));
    check("gdt", form_hypercall(__HYPERVISOR_set_gdt, list, GDT_DATA + 1, 0, 0) == 0);
    __asm__ volatile("mov %0, %%es" ::"r"(GDT_DATA << 3 | 3));
    check("gdt-used", form_selectors_data() == (GDT_DATA << 3 | 3));
    check("no-page-0", base != 0 || (set_pte(NULL, 0) && !(pte_of(0) & PTE_P)));
}

/* The program that the kernel is in its own page tables, which serve its user too: as XTF's guests do it. */
static void run_user(void)
{
    static struct trap_info traps[USER_VECTORS + 1];
    struct mmuext_op op = {.cmd = MMUEXT_NEW_USER_BASEPTR};
    const char *handlers[USER_VECTORS] = {form_trap_add, form_trap_done, form_trap_wrong};
    unsigned long frame[9] = {0};

    for (unsigned int i = 0; i < USER_VECTORS; i++) {
        traps[i] = (struct trap_info){(uint8_t)(0x20 + i), 3, FLAT_KERNEL_CS64, (unsigned long)handlers[i]};
    }
    op.arg1.mfn = frame_of((const void *)info->pt_base);
    check("set-trap-table", form_hypercall(__HYPERVISOR_set_trap_table, (unsigned long)traps, 0, 0, 0) == 0);
    check("stack-switch", form_hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS64,
                                         (unsigned long)window + sizeof(window), 0, 0) == 0);
    check("user-baseptr", form_hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, DOMID_SELF) == 0);
    check("window", map_window(frame_of(window)));
    frame[4] = (unsigned long)form_user;
    frame[5] = FLAT_USER_CS64;
    frame[6] = 2; /* events stay masked: there is no callback */
    frame[7] = (unsigned long)user_stack + sizeof(user_stack);
    frame[8] = FLAT_USER_SS64;
    form_iret(frame);
}

void form_user_returned(unsigned long good)
{
    check("user-code", good);
    check("all", failures == 0);
    form_end(failures != 0);
}

void form_main(struct start_info *start)
{
    info = start;
    base = (unsigned long)form_base;
    form_print_init(start, base);
    check("magic", form_starts(info->magic, "xen-3.0-x86_64"));
    check("bss", bss_word == 0 && window[100] == 0);
    check_registers();
    check_order();
    check_tables();
    check_list();
    check_rings();
    check_initrd();
    check_shared_info();
    check_hypercalls();
    check("words", form_starts((const char *)info->cmd_line, "console=hvc0 the words"));
    check_own_memory();
    run_user();
}
