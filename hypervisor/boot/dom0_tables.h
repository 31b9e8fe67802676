/* SPDX-License-Identifier: MIT */
/* The first domain while it is being built, and its first page tables. */
#ifndef BOOT_DOM0_TABLES_H
#define BOOT_DOM0_TABLES_H

#include "lib/elf.h"
#include "lib/types.h"

struct domain;

/* Places are frame numbers of the domain (indices of list) unless they are called otherwise. */
struct dom0 {
    struct domain *d;
    struct elf elf;
    struct elf_kernel kernel;
    const char *line;
    const void *initrd_image;
    uint64_t initrd_size; /* bytes */
    uint64_t frame_count; /* of the domain */
    uint64_t *list;       /* machine frame of each; the hypervisor's copy */
    mfn_t list_frame;
    bool list_apart; /* INIT_P2M: the list is mapped at an address of its own */
    uint64_t list_at, list_pages, list_tables, list_frames_end;
    uint64_t initrd, start_info, stack;
    uint64_t tables, table_count;
    uint64_t mapped_end; /* [0, mapped_end) is mapped from VIRT_BASE on */
};

/* From tables on: sets table_count, stack and mapped_end. */
void dom0_tables_count(struct dom0 *b);

/* How many tables the mapping of a list that is apart needs below the L4. */
uint64_t dom0_list_table_count(const struct dom0 *b);

/* Writes all tables; the L4 is the first of them. */
void dom0_tables_write(const struct dom0 *b);

/* A frame of the domain, mapped. */
void *dom0_map(const struct dom0 *b, uint64_t frame);

#endif
