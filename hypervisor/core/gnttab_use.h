/* SPDX-License-Identifier: MIT */
/* Uses of grants: every mapping is one, and every copy while it lasts. */
#ifndef CORE_GNTTAB_USE_H
#define CORE_GNTTAB_USE_H

#include "core/gnttab_table.h"

struct domain;

#define GNTTAB_USE(use)      (1u << (use))
#define GNTTAB_USES_TO_WRITE (GNTTAB_USE(GNTTAB_HOST_WRITE) | GNTTAB_USE(GNTTAB_DEVICE_WRITE))

struct gnttab_wish {
    domid_t user;
    unsigned int uses; /* GNTTAB_USE bits, all to read or all to write */
    bool copy;         /* a part of a frame, or a grant that passes another one on, will do */
};

struct gnttab_granted {
    mfn_t frame;
    uint16_t start, length;
    bool passes_on; /* there is no frame: it grants what another grant does */
    domid_t next_granter;
    grant_ref_t next_ref;
};

/*
 * Begins uses of an entry of granter's table: GNTST_okay and what is granted; GNTST_bad_gntref: no such
 * entry; GNTST_general_error: not granted so, or not to this user, or used too often at once;
 * GNTST_bad_page: not a frame of granter's. The frame stays granter's while it is used. gnttab_use_end ends
 * the same uses; the caller has a reference to granter and holds no lock for both.
 */
int16_t gnttab_use_begin(struct domain *granter, grant_ref_t ref, const struct gnttab_wish *wish,
                         struct gnttab_granted *granted) MUST_CHECK;
void gnttab_use_end(struct domain *granter, grant_ref_t ref, unsigned int uses);

#endif
