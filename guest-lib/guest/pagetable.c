/* SPDX-License-Identifier: MIT */
/* Walks and changes the guest's page tables through hypercalls. */
#include "guest/pagetable.h"

#include "guest/hypercall.h"
#include "guest/start.h"
#include "guest/string.h"
#include "pvabi/xen.h"

#define HYPERVISOR_SLOT_FIRST 256
#define HYPERVISOR_SLOT_LAST  271

static unsigned long root_mfn;
static char *area_next = (char *)PT_AREA_BASE;

unsigned long pt_root_mfn(void)
{
    if (!root_mfn) {
        root_mfn = memory_va_to_mfn((void *)guest_start_info->pt_base);
    }
    return root_mfn;
}

const uint64_t *pt_root(void)
{
    return memory_mfn_to_va(pt_root_mfn());
}

const uint64_t *pt_entry(const void *address, unsigned int level)
{
    const uint64_t *table = pt_root();

    for (unsigned int at = PT_LEVELS; at > level; at--) {
        uint64_t entry = table[pt_index(address, at)];

        if (!(entry & PTE_P) || (entry & PTE_PS)) {
            return NULL;
        }
        table = memory_mfn_to_va((entry & PTE_FRAME) >> PAGE_SHIFT);
    }
    return table + pt_index(address, level);
}

uint64_t pt_get(const void *address)
{
    const uint64_t *entry = pt_entry(address, 1);

    return entry ? *entry : 0;
}

uint64_t pt_entry_maddr(const void *address, unsigned int level)
{
    const uint64_t *entry = pt_entry(address, level);

    return entry ? memory_va_to_maddr(entry) : 0;
}

int pt_set(void *address, uint64_t pte)
{
    return (int)hypercall_update_va_mapping(HARG(address), pte, UVMF_INVLPG);
}

int pt_update(uint64_t maddr, uint64_t value)
{
    struct mmu_update request = {.ptr = maddr, .val = value};

    return (int)hypercall_mmu_update(HARG(&request), 1, 0, DOMID_SELF);
}

/* Hangs an empty table into `address`'s entry of `level`, which is 2 to 4. */
static int add_table(const void *address, unsigned int level)
{
    void *table = memory_page_alloc();
    int error = pt_protect(table, false);

    if (!error) {
        error = pt_update(pt_entry_maddr(address, level), memory_va_to_maddr(table) | PTE_TABLE);
    }
    if (error) {
        pt_protect(table, true);
        memory_page_free(table);
    }
    return error;
}

static int make_tables(const void *address)
{
    int error = 0;

    for (unsigned int level = PT_LEVELS; level > 1 && !error; level--) {
        if (!(*pt_entry(address, level) & PTE_P)) {
            error = add_table(address, level);
        }
    }
    return error;
}

int pt_map(void *address, uint64_t pte)
{
    int error = make_tables(address);

    return error ? error : pt_set(address, pte);
}

void *pt_reserve(unsigned long count)
{
    char *address = area_next;

    for (unsigned long i = 0; i < count; i++) {
        if (make_tables(address + (i << PAGE_SHIFT)) != 0) {
            return NULL;
        }
    }
    area_next += count << PAGE_SHIFT;
    return address;
}

void *pt_map_frame(unsigned long mfn, uint64_t bits)
{
    void *address = pt_reserve(1);

    if (!address || pt_set(address, mfn << PAGE_SHIFT | bits) != 0) {
        return NULL;
    }
    return address;
}

int pt_unmap(void *address)
{
    return pt_set(address, 0);
}

int pt_protect(void *page, bool writable)
{
    uint64_t pte = memory_va_to_mfn(page) << PAGE_SHIFT | (writable ? PTE_PAGE : PTE_PAGE_RO);

    return pt_set(page, pte);
}

int pt_mmuext(unsigned int command, unsigned long argument)
{
    struct mmuext_op op = {.cmd = command, .arg1.mfn = argument};

    return (int)hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

int pt_pin(void *page, unsigned int level)
{
    int error = pt_protect(page, false);

    return error ? error : pt_mmuext(MMUEXT_PIN_L1_TABLE + level - 1, memory_va_to_mfn(page));
}

int pt_unpin(void *page)
{
    int error = pt_mmuext(MMUEXT_UNPIN_TABLE, memory_va_to_mfn(page));

    return error ? error : pt_protect(page, true);
}

void pt_publish_frames(void)
{
    volatile struct arch_shared_info *arch = &guest_shared_info->arch;

    arch->p2m_generation++;
    x86_mfence();
    arch->max_pfn = guest_start_info->nr_pages;
    arch->pfn_to_mfn_frame_list_list = MFN_NONE;
    arch->p2m_vaddr = guest_start_info->mfn_list;
    arch->p2m_cr3 = pt_root_mfn() << PAGE_SHIFT;
    /* Odd while it changes: a reader that saw the same even number before and after saw all of it. */
    x86_mfence();
    arch->p2m_generation++;
}

int pt_load_root(unsigned long mfn)
{
    int error = pt_mmuext(MMUEXT_NEW_BASEPTR, mfn);

    if (!error) {
        root_mfn = mfn;
        pt_publish_frames();
    }
    return error;
}

uint64_t *pt_clone_root(void)
{
    uint64_t *root = memory_page_alloc();

    memcpy(root, pt_root(), PAGE_SIZE);
    memset(root + HYPERVISOR_SLOT_FIRST, 0,
           (HYPERVISOR_SLOT_LAST - HYPERVISOR_SLOT_FIRST + 1) * sizeof(*root));
    if (pt_pin(root, PT_LEVELS) != 0) {
        pt_protect(root, true);
        memory_page_free(root);
        return NULL;
    }
    return root;
}

void pt_free_root(uint64_t *root)
{
    if (pt_unpin(root) == 0) {
        memory_page_free(root);
    }
}

void pt_flush_local(void)
{
    pt_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

void pt_resume(unsigned long root_pfn)
{
    root_mfn = memory_pfn_to_mfn(root_pfn);
}
