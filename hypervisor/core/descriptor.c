/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors: the check that keeps guests out of every ring but 3, and reading what a selector
 * means.
 */
#include "core/descriptor.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "lib/nospec.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "pvabi/errno.h"

#define SEGMENT_TYPE        (0xfull << 40)
#define SEGMENT_CODE        (8ull << 40)
#define SEGMENT_ACCESS      (2ull << 40)
#define SEGMENT_S           (1ull << 44) /* code or data; 0: system */
#define SEGMENT_DPL_SHIFT   45
#define SEGMENT_DPL         (3ull << SEGMENT_DPL_SHIFT)
#define SEGMENT_P           (1ull << 47)
#define SEGMENT_L           (1ull << 53)
#define SEGMENT_D           (1ull << 54)
#define SEGMENT_G           (1ull << 55)
#define TYPE_CALL_GATE      (0xcull << 40)
#define GATE_SELECTOR_SHIFT 16
#define GATE_SELECTOR_RPL   (3ull << GATE_SELECTOR_SHIFT)
#define GATE_RESERVED       (0xffull << 32)

/* A gate may lead to the guest's own segments and to the flat code segment. */
static bool gate_selector_ok(uint16_t selector)
{
    return (selector & 4) || selector / 8u < FIRST_RESERVED_GDT_ENTRY || selector == FLAT_KERNEL_CS64;
}

/*
 * DPL 0 makes each use of the gate fault, with the gate in the error code. The DPL moves to its selector's
 * RPL.
 */
static bool gate_fix(uint64_t *entry, uint64_t dpl)
{
    if (!gate_selector_ok((uint16_t)(*entry >> GATE_SELECTOR_SHIFT)) || *entry & GATE_RESERVED) {
        return false;
    }
    *entry = (*entry & ~(SEGMENT_DPL | GATE_SELECTOR_RPL)) | dpl << GATE_SELECTOR_SHIFT;
    return true;
}

bool descriptor_fix(uint64_t *entry)
{
    const uint64_t dpl = 3; /* the guest's kernel has ring 3 too */

    if (!(*entry & SEGMENT_P)) {
        return true;
    }
    if (*entry & SEGMENT_S || (*entry & SEGMENT_TYPE) == 0) {
        *entry = (*entry & ~SEGMENT_DPL) | dpl << SEGMENT_DPL_SHIFT;
        return true;
    }
    return (*entry & SEGMENT_TYPE) == TYPE_CALL_GATE && gate_fix(entry, dpl);
}

bool descriptor_page_fix(uint64_t *entries)
{
    for (unsigned int i = 0; i < DESCRIPTORS_IN_PAGE; i++) {
        uint64_t entry = entries[i];

        if (!descriptor_fix(&entry)) {
            return false;
        }
        if (entry != entries[i]) {
            entries[i] = entry;
        }
    }
    return true;
}

static bool flat_entry(uint16_t selector, uint64_t *entry)
{
    switch (selector) {
    case FLAT_RING3_CS32:
        *entry = 0x00cffb000000ffffull;
        return true;
    case FLAT_RING3_SS32:
        *entry = 0x00cff3000000ffffull;
        return true;
    case FLAT_RING3_CS64:
        *entry = 0x00affb000000ffffull;
        return true;
    default:
        return false;
    }
}

static bool gdt_entry(const struct vcpu *v, uint32_t index, uint64_t *entry)
{
    const uint64_t *page;

    if (index >= v->cpu.gdt_entries) {
        return false;
    }
    page = port_map_frame(v->cpu.gdt_frames[index_nospec(index / DESCRIPTORS_IN_PAGE, GUEST_GDT_FRAMES)]);
    *entry = port_read_u64(&page[index % DESCRIPTORS_IN_PAGE]);
    port_unmap_frame(page);
    return true;
}

static bool ldt_entry(const struct vcpu *v, uint32_t index, uint64_t *entry)
{
    return index < v->cpu.ldt_entries && GUEST_ARRAY_GET(entry, v->cpu.ldt_base, index) == 0;
}

static uint64_t segment_limit(uint64_t entry)
{
    uint64_t limit = (entry & 0xffff) | (entry >> 32 & 0xf0000);

    return entry & SEGMENT_G ? limit << PAGE_SHIFT | (PAGE_SIZE - 1) : limit;
}

bool descriptor_read(struct vcpu *v, uint16_t selector, struct descriptor_view *view)
{
    const uint64_t wanted = SEGMENT_P | SEGMENT_S | SEGMENT_DPL;
    uint64_t entry;

    if (!flat_entry(selector, &entry) &&
        !(selector & 4 ? ldt_entry(v, selector / 8u, &entry) : gdt_entry(v, selector / 8u, &entry))) {
        return false;
    }
    *view = (struct descriptor_view){
        .base = (entry >> 16 & 0xffffff) | (entry >> 32 & 0xff000000),
        .limit = segment_limit(entry),
        .code = (entry & SEGMENT_CODE) != 0,
        .access = (entry & SEGMENT_ACCESS) != 0,
        .long_mode = (entry & SEGMENT_L) != 0,
        .wide = (entry & SEGMENT_D) != 0,
    };
    return (entry & wanted) == wanted;
}

int descriptor_update(uint64_t machine_address, uint64_t entry)
{
    mfn_t frame = maddr_to_mfn((maddr_t){machine_address});
    uint64_t *page;
    int result;

    if (machine_address % sizeof(entry) != 0 || !descriptor_fix(&entry)) {
        return -XEN_EINVAL;
    }
    /* A page that nobody uses as descriptors may be written; one in use stays so while this entry changes. */
    result = frame_get_with_type(frame, CURRENT_DOMAIN(), FRAME_WRITABLE);
    if (result != 0) {
        result = frame_get_with_type(frame, CURRENT_DOMAIN(), FRAME_SEGDESC);
    }
    if (result != 0) {
        return -XEN_EINVAL;
    }
    page = port_map_frame(frame);
    port_write_u64(&page[(machine_address & ~PAGE_MASK) / sizeof(entry)], entry);
    port_unmap_frame(page);
    frame_put_with_type(frame);
    return 0;
}
