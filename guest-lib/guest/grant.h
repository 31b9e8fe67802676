/* SPDX-License-Identifier: MIT */
/* Grants: letting another domain use a page, and using a page that another granted (grant table version 1).
 */
#ifndef GUEST_GRANT_H
#define GUEST_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvabi/grant_table.h"
#include "pvabi/xen.h"

#define GRANT_NONE 0u

/* Maps this domain's table; called by the first grant. 0 or a negative error. */
int grant_init(void);
/* The table's entries of version 1, after grant_init. */
struct grant_entry_v1 *grant_table(void);
/* How many entries the table has; grant_give adds frames as long as the hypervisor lets it. */
unsigned int grant_count(void);
/* Lets `domain` map or copy the frame. Returns the reference, or a negative error. Any vCPU. */
int grant_give(domid_t domain, unsigned long mfn, bool readonly);
/* The same for a page of the linear map. */
int grant_page(domid_t domain, const void *page, bool readonly);
/* Takes a grant back; false while the other domain still uses it. */
bool grant_end(grant_ref_t reference);
/* Maps `domain`'s reference at `address`, whose tables must exist. Returns GNTST_*; *handle is for
 * grant_unmap. */
int grant_map(void *address, domid_t domain, grant_ref_t reference, uint32_t flags, grant_handle_t *handle);
int grant_unmap(void *address, grant_handle_t handle);

/* Before a suspend: the table is mapped nowhere. */
void grant_suspend(void);
/* Afterwards: maps as much of it again. As another domain it is empty. 0 or a negative error. */
int grant_resume(void);

/* Copies between pages of the linear map and others' grants, many to one hypercall. */
#define GRANT_COPIES 32
struct grant_copies {
    unsigned int count;
    int status; /* GNTST_okay, or the first failure since the last grant_copies_end */
    struct gnttab_copy copies[GRANT_COPIES];
};
/* Adds the copying of `size` bytes at `offset` of the reference, which must lie in one page. */
void grant_copies_add(struct grant_copies *copies, domid_t domain, grant_ref_t reference, unsigned int offset,
                      void *local, size_t size, bool to_other);
/* Does what was added; GNTST_okay or the first failure. */
int grant_copies_end(struct grant_copies *copies);

#endif
