/* SPDX-License-Identifier: MIT */
/*
 * A guest's descriptor tables. The GDT's frames are given by number and typed at once. The LDT is a range of
 * the guest's linear addresses: its pages are found in the guest's tables and typed when the CPU first
 * touches them in the window.
 */
#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define DESCRIPTOR_SIZE      8u
#define DESCRIPTORS_IN_FRAME 512u

static void flush_own(const struct vcpu *v)
{
    if (v == port_current()) {
        port_tlb_flush_all(cpumask_of(port_cpu_id()));
    }
}

static void put_frames(const mfn_t *frames, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        frame_put_with_type(frames[i]);
    }
}

int guest_cpu_set_gdt(struct vcpu *v, const uint64_t *frames, uint32_t entries)
{
    unsigned int count = ROUND_UP(entries, DESCRIPTORS_IN_FRAME) / DESCRIPTORS_IN_FRAME;
    unsigned int old_count = ROUND_UP(v->cpu.gdt_entries, DESCRIPTORS_IN_FRAME) / DESCRIPTORS_IN_FRAME;
    mfn_t taken[GUEST_GDT_FRAMES], old[GUEST_GDT_FRAMES];

    if (entries > FIRST_RESERVED_GDT_ENTRY) {
        return -XEN_EINVAL;
    }
    for (unsigned int i = 0; i < count; i++) {
        taken[i] = mfn(frames[i]);
        if (frame_get_with_type(taken[i], v->domain, FRAME_SEGDESC) != 0) {
            put_frames(taken, i);
            return -XEN_EINVAL;
        }
    }
    memcpy(old, v->cpu.gdt_frames, sizeof(old));
    memcpy(v->cpu.gdt_frames, taken, count * sizeof(taken[0]));
    v->cpu.gdt_entries = entries;
    port_gdt_set(v, taken, count);
    flush_own(v);
    put_frames(old, old_count);
    return 0;
}

bool guest_cpu_ldt_drop(struct vcpu *v)
{
    mfn_t dropped[GUEST_LDT_PAGES];
    unsigned int count = 0;
    struct lock_token token;

    if (port_read_u32(&v->cpu.ldt_mapped) == 0) {
        return false;
    }
    token = lock_acquire(&v->cpu.ldt_lock);
    for (unsigned int page = 0; page < GUEST_LDT_PAGES; page++) {
        if (v->cpu.ldt_mapped >> page & 1) {
            port_ldt_map(v, page, MFN_INVALID);
            dropped[count++] = v->cpu.ldt_frames[page];
        }
    }
    v->cpu.ldt_mapped = 0;
    lock_release(token);
    put_frames(dropped, count);
    return count > 0;
}

/* Makes the window show a typed frame; false if another got there first, and the caller keeps its reference. */
static bool window_map(struct vcpu *v, unsigned int page, mfn_t frame)
{
    struct lock_token token = lock_acquire(&v->cpu.ldt_lock);
    bool is_free = !(v->cpu.ldt_mapped >> page & 1);

    if (is_free) {
        v->cpu.ldt_frames[page] = frame;
        v->cpu.ldt_mapped |= 1u << page;
        port_ldt_map(v, page, frame);
    }
    lock_release(token);
    return is_free;
}

bool guest_cpu_ldt_fault(struct vcpu *v, uint64_t offset)
{
    uint64_t l1e;
    unsigned int page;

    if (offset / DESCRIPTOR_SIZE >= v->cpu.ldt_entries) {
        return false;
    }
    page = (unsigned int)index_nospec(offset >> PAGE_SHIFT, GUEST_LDT_PAGES);
    if (!mm_walk(v, guest_va((v->cpu.ldt_base.n + offset) & PAGE_MASK), &l1e) || !(l1e & PTE_PRESENT) ||
        frame_get_with_type(pte_frame(l1e), v->domain, FRAME_SEGDESC) != 0) {
        return false;
    }
    if (!window_map(v, page, pte_frame(l1e))) {
        frame_put_with_type(pte_frame(l1e));
    }
    return true;
}
