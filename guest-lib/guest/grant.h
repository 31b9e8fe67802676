/* SPDX-License-Identifier: MIT */
/* Grants: letting another domain use a page, and using a page that another granted (grant table version 1).
 */
#ifndef GUEST_GRANT_H
#define GUEST_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/grant_table.h"
#include "pvabi/xen.h"

/* Maps this domain's table; called by the first grant. 0 or a negative error. */
int grant_init(void);
/* The table's entries of version 1, after grant_init. */
struct grant_entry_v1 *grant_table(void);
/* Lets `domain` map or copy the frame. Returns the reference, or a negative error. */
int grant_give(domid_t domain, unsigned long mfn, bool readonly);
/* Takes a grant back; false while the other domain still uses it. */
bool grant_end(grant_ref_t reference);
/* Maps `domain`'s reference at `address`, whose tables must exist. Returns GNTST_*; *handle is for
 * grant_unmap. */
int grant_map(void *address, domid_t domain, grant_ref_t reference, uint32_t flags, grant_handle_t *handle);
int grant_unmap(void *address, grant_handle_t handle);

#endif
