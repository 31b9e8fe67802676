/* SPDX-License-Identifier: MIT */
/*
 * The recounting oracle: what the frame table should say follows from the tables, pins, roots and descriptor
 * windows that there are. It reads these only, by the rules as they stand in core/page_type.h, and shares no
 * code with core.
 */
#include <stdlib.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "fake.h"
#include "port/map.h"

#define PRESENT            1ull
#define WRITABLE           2ull
#define ENTRY_FRAME(entry) (((entry)&0x000ffffffffff000ull) >> 12)

struct count {
    uint64_t refs, types;
    bool as_writable;
    unsigned int as_level; /* a table of this level, because an entry says so; 0: none does */
    bool as_descriptors;
    int linear; /* entries of a table to others of its level, or -entries of others to it */
};

static int hold_refs[1 << 16], hold_types[1 << 16];

static unsigned int level_of(uint64_t word)
{
    enum frame_type type = page_type_of(word);

    return type >= FRAME_L1 && type <= FRAME_L4 ? (unsigned int)type - FRAME_L1 + 1 : 0;
}

void fake_oracle_hold(mfn_t m, int refs, int types)
{
    hold_refs[m.n] += refs;
    hold_types[m.n] += types;
}

static void count_child(struct count *counts, uint64_t table, unsigned int level, uint64_t entry)
{
    uint64_t n = ENTRY_FRAME(entry);

    if (n == table && !(entry & WRITABLE)) {
        return; /* a linear page table */
    }
    if (n >= frame_table_count) {
        fake_fail("table %#llx of level %u has an entry %#llx", (unsigned long long)table, level,
                  (unsigned long long)entry);
    }
    if (level_of(frame_table[n].type) == level && !(entry & WRITABLE)) {
        counts[table].linear++;
        counts[n].linear--;
    } else {
        level--;
    }
    counts[n].refs++;
    counts[n].types++;
    if (counts[n].as_level && counts[n].as_level != level) {
        fake_fail("frame %#llx is used as a table of levels %u and %u", (unsigned long long)n,
                  counts[n].as_level, level);
    }
    counts[n].as_level = level;
}

static void count_page(struct count *counts, uint64_t entry)
{
    uint64_t n = ENTRY_FRAME(entry);

    if (n < FAKE_RAM_FIRST || n >= frame_table_count) {
        return; /* I/O memory */
    }
    counts[n].refs++;
    if (entry & WRITABLE) {
        counts[n].types++;
        counts[n].as_writable = true;
    }
}

static void count_table(struct count *counts, uint64_t n)
{
    uint64_t word = frame_table[n].type;
    unsigned int level = level_of(word), entries = 0;
    const uint64_t *table;

    if (word & PAGE_TYPE_PARTIAL) {
        entries = (unsigned int)(word >> PAGE_TYPE_DONE_SHIFT & PAGE_TYPE_DONE_MASK);
    } else if (word & PAGE_TYPE_VALIDATED) {
        entries = 512;
    }
    table = port_map_frame(mfn(n));
    for (unsigned int i = 0; i < entries; i++) {
        uint64_t entry = table[i];

        if (!(entry & PRESENT) || (level == 4 && i >= 256 && i <= 271)) {
            continue;
        }
        if (level == 1) {
            count_page(counts, entry);
        } else {
            count_child(counts, n, level, entry);
        }
    }
    port_unmap_frame(table);
}

static void count_frame(struct count *counts, uint64_t n)
{
    uint64_t refs = frame_table[n].refs, word = frame_table[n].type;

    if (!(refs & FRAME_COUNT_MASK)) {
        return;
    }
    counts[n].refs += refs & FRAME_ALLOCATED ? 1 : 0;
    counts[n].types += refs & FRAME_HV ? 1 : 0;
    if (word & PAGE_TYPE_PINNED) {
        counts[n].refs++;
        counts[n].types++;
    }
    if (word & PAGE_TYPE_PARTIAL && !(word & PAGE_TYPE_COUNT_MASK)) {
        counts[n].refs++;
    }
    if (level_of(word)) {
        count_table(counts, n);
    }
}

static void count_use(struct count *counts, mfn_t m)
{
    if (m.n != 0 && mfn_valid_number(m)) {
        counts[m.n].refs++;
        counts[m.n].types++;
    }
}

static void count_vcpu(struct count *counts, const struct vcpu *v)
{
    count_use(counts, v->mm.kernel_root);
    count_use(counts, v->mm.user_root);
    count_use(counts, v->mm.old_table);
    for (unsigned int i = 0; i < v->machine.gdt_count; i++) {
        count_use(counts, v->machine.gdt[i]);
        counts[v->machine.gdt[i].n].as_descriptors = true;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(v->machine.ldt); i++) {
        count_use(counts, v->machine.ldt[i]);
    }
}

static void check_word(uint64_t n, uint64_t word)
{
    uint64_t count = word & PAGE_TYPE_COUNT_MASK;

    if (word & PAGE_TYPE_LOCKED) {
        fake_fail("table %#llx is locked", (unsigned long long)n);
    }
    if (count && !(word & (PAGE_TYPE_VALIDATED | PAGE_TYPE_PARTIAL))) {
        fake_fail("frame %#llx is being validated (%#llx)", (unsigned long long)n, (unsigned long long)word);
    }
    if (!count && word & (PAGE_TYPE_VALIDATED | PAGE_TYPE_PINNED)) {
        fake_fail("frame %#llx is unused, but valid or pinned (%#llx)", (unsigned long long)n,
                  (unsigned long long)word);
    }
}

static void check_frame(const struct count *c, uint64_t n)
{
    uint64_t refs = frame_table[n].refs & FRAME_COUNT_MASK, word = frame_table[n].type;
    uint64_t types = word & PAGE_TYPE_COUNT_MASK;

    if (!refs) {
        if (c->refs || c->types) {
            fake_fail("frame %#llx is nobody's, but %llu refer to it", (unsigned long long)n,
                      (unsigned long long)c->refs);
        }
        return;
    }
    check_word(n, word);
    if (refs != c->refs + (uint64_t)hold_refs[n] || types != c->types + (uint64_t)hold_types[n]) {
        fake_fail("frame %#llx has %llu references and %llu of type %d, but should have %llu and %llu",
                  (unsigned long long)n, (unsigned long long)refs, (unsigned long long)types,
                  (int)page_type_of(word), (unsigned long long)(c->refs + (uint64_t)hold_refs[n]),
                  (unsigned long long)(c->types + (uint64_t)hold_types[n]));
    }
    if (level_of(word) && types && page_type_linear(word) != c->linear) {
        fake_fail("table %#llx counts %d linear entries, but should %d", (unsigned long long)n,
                  page_type_linear(word), c->linear);
    }
    if (c->as_writable && page_type_of(word) != FRAME_WRITABLE) {
        fake_fail("frame %#llx is mapped writable, but is of type %d", (unsigned long long)n,
                  (int)page_type_of(word));
    }
    if (c->as_level && level_of(word) != c->as_level) {
        fake_fail("frame %#llx is used as a table of level %u, but is of type %d", (unsigned long long)n,
                  c->as_level, (int)page_type_of(word));
    }
    if (c->as_descriptors && page_type_of(word) != FRAME_SEGDESC) {
        fake_fail("frame %#llx is in a GDT, but is of type %d", (unsigned long long)n,
                  (int)page_type_of(word));
    }
}

static uint64_t list_length(uint32_t head, const struct domain *d)
{
    uint64_t length = 0;
    uint32_t before = 0;

    for (uint32_t n = head; n; before = n, n = frame_table[n].next) {
        if (frame_table[n].prev != before || frame_owner(mfn(n)) != d) {
            fake_fail("the list of domain %u is broken at frame %#x", d->id, n);
        }
        length++;
    }
    return length;
}

static void check_domain(const struct domain *d)
{
    uint64_t own = list_length(d->mm.frames_head, d) + list_length(d->mm.held_head, d);
    uint64_t shared = list_length(d->mm.hv_head, d);

    if (own != d->mm.frame_count || shared != d->mm.hv_frames) {
        fake_fail("domain %u has %llu and %llu frames, but its accounts say %llu and %u", d->id,
                  (unsigned long long)own, (unsigned long long)shared, (unsigned long long)d->mm.frame_count,
                  d->mm.hv_frames);
    }
}

void fake_oracle(struct domain *const *domains, unsigned int count)
{
    struct count *counts = calloc(frame_table_count, sizeof(*counts));
    struct vcpu *v;

    for (uint64_t n = FAKE_RAM_FIRST; n < frame_table_count; n++) {
        count_frame(counts, n);
    }
    for (unsigned int i = 0; i < count; i++) {
        DOMAIN_FOR_EACH_VCPU (domains[i], v) {
            count_vcpu(counts, v);
        }
        check_domain(domains[i]);
    }
    for (uint64_t n = FAKE_RAM_FIRST; n < frame_table_count; n++) {
        check_frame(&counts[n], n);
    }
    free(counts);
}
