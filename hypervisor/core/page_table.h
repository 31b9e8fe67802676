/* SPDX-License-Identifier: MIT */
/* The content of a page table as a whole: taking and giving back the references of all of its entries. */
#ifndef CORE_PAGE_TABLE_H
#define CORE_PAGE_TABLE_H

#include "lib/types.h"

struct domain;

#define PAGE_TABLE_ENTRIES 512u

/* The hypervisor's slots of every L4: the guest's entries there do not count. */
#define PAGE_TABLE_HV_FIRST 256u
#define PAGE_TABLE_HV_LAST  271u

struct page_table_work {
    mfn_t table;
    unsigned int level;
    unsigned int done; /* entries below hold their references; in and out */
    bool undo;         /* validation has failed: entries are being given back; in and out */
    bool may_undo;     /* on failure give back what was taken; else leave it (a holder of the table will) */
    struct domain *owner; /* of the table */
};

/*
 * Takes the references of all entries from work->done on and brings the entries into their final form. 0; the
 * error of the entry that breaks a rule, after all was given back (or not, see may_undo; -XEN_EINVAL if that
 * was preempted); -XEN_ERESTART when preempted.
 */
int page_table_validate(struct page_table_work *work) MUST_CHECK;

/* Gives back the references of the entries below work->done. 0, or -XEN_ERESTART when preempted. */
int page_table_devalidate(struct page_table_work *work) MUST_CHECK;

/* Whether the guest decides about this entry of a table of this level. */
bool page_table_guest_slot(unsigned int level, unsigned int index);

/* Whether a read-only entry may point at a table of its own level (pv-linear-pt). */
extern bool page_table_linear_allowed;

/*
 * Takes the references for one entry of a table of level 2 to 4 that points at a table of the level below, or
 * at its own table: 0 and *entry in its final form; -XEN_EINVAL, -XEN_ERESTART.
 */
int page_table_get_child(struct domain *owner, mfn_t table, unsigned int level, uint64_t *entry) MUST_CHECK;

/* The same for one that points at another table of its own level; the caller keeps table as it is
 * (frame_get_linear). 0 or -XEN_EINVAL. */
int page_table_get_linear(struct domain *owner, mfn_t table, uint64_t *entry) MUST_CHECK;

/* Whether a present entry of a table in use points at another one of its level. */
bool page_table_is_linear(mfn_t table, unsigned int level, uint64_t entry);

/*
 * Gives back what an entry of a table of this level held: 0 or -XEN_ERESTART (the caller still has the
 * references). Of a linear one frame_forget_linear is the caller's.
 */
int page_table_put_child(mfn_t table, unsigned int level, uint64_t entry) MUST_CHECK;

/* Puts the machine-to-physical table into slot 256 of a validated L4, or takes it out. */
void page_table_show_m2p(struct domain *d, mfn_t l4, bool show);

#endif
