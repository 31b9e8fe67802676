/* SPDX-License-Identifier: MIT */
/* What the files of grant_table_op share. */
#ifndef HYPERCALL_GRANT_TABLE_H
#define HYPERCALL_GRANT_TABLE_H

#include "hypercall/hypercall.h"

/* The operations on the table itself; at is the address of the argument. 0 or an errno. */
int grant_setup(guest_va_t at, unsigned int count);
int grant_query_size(guest_va_t at, unsigned int count);
int grant_status_frames(guest_va_t at, unsigned int count);
int grant_set_version(guest_va_t at);
int grant_get_version(guest_va_t at);

#endif
