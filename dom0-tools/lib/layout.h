/* SPDX-License-Identifier: MIT */
/* Where everything of a new PV domain lies, in pseudo-physical frames and virtual addresses. Arithmetic only.
 */
#ifndef PVTOOLS_LAYOUT_H
#define PVTOOLS_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

#define PV_TABLE_LEVELS  4
#define PV_TABLE_ENTRIES 512

/* A run of pseudo-physical frames. */
struct pv_run {
    uint64_t first, count;
};

/*
 * A range of virtual addresses that the first page tables map to a run of frames, and the frames of the
 * tables below the L4: tables[l] are those of level l (1..3), in the order of addresses.
 */
struct pv_mapping {
    uint64_t start, end; /* virtual; whole pages */
    uint64_t first_frame;
    struct pv_run tables[PV_TABLE_LEVELS];
};

/* What the layout is made from. */
struct pv_layout_input {
    uint64_t virt_base;
    uint64_t kernel_start, kernel_end; /* virtual */
    uint64_t ramdisk_size;             /* bytes; 0: none */
    bool ramdisk_by_frame;             /* the kernel takes an unmapped ramdisk */
    bool has_init_p2m;
    uint64_t init_p2m; /* virtual address for the list of frames */
    uint64_t pages;    /* the domain's */
};

/*
 * The domain's frames, from 0 on: [0, mapped) is mapped at virt_base by `main`; behind it lie, where they are
 * not in it, the list of frames with its page tables, and the ramdisk.
 */
struct pv_layout {
    uint64_t virt_base, pages;
    struct pv_run kernel, ramdisk, p2m, page_tables;
    uint64_t start_info, store_ring, console_ring, boot_stack; /* frames */
    struct pv_mapping main;
    bool p2m_apart; /* the list of frames has a mapping of its own: */
    struct pv_mapping p2m_map;
    struct pv_run p2m_all; /* the list and its page tables, where it is apart */
    uint64_t end;          /* first frame that is nobody's */
};

/* Lays the domain out. Fails, class RESOURCES, when it does not fit into `pages`. */
int pv_layout_make(const struct pv_layout_input *input, struct pv_layout *layout, struct pv_error *error);

/* The virtual address of a frame of the main mapping. */
uint64_t pv_layout_address(const struct pv_layout *layout, uint64_t frame);

/* How many tables of `level` (1 to 3) map [start, end). */
uint64_t pv_layout_tables(uint64_t start, uint64_t end, unsigned int level);

#endif
