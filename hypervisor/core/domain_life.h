/* SPDX-License-Identifier: MIT */
/* What core/domain.c and core/domain_life.c share. */
#ifndef CORE_DOMAIN_LIFE_H
#define CORE_DOMAIN_LIFE_H

struct domain;

/* Takes back a domain that could not be made whole. */
void domain_unmake(struct domain *d);

#endif
