/* SPDX-License-Identifier: MIT */
/* Segment descriptors of guests: what they may hold, and what a selector means. */
#ifndef CORE_DESCRIPTOR_H
#define CORE_DESCRIPTOR_H

#include "lib/types.h"

struct vcpu;

#define DESCRIPTORS_IN_PAGE 512u

/*
 * Makes one descriptor safe: what is present runs in ring 3, or is a call gate that always faults. False if
 * it cannot be allowed at all.
 */
bool descriptor_fix(uint64_t *entry) MUST_CHECK;

/* The same for a page of them that nobody can write: for the type FRAME_SEGDESC. */
bool descriptor_page_fix(uint64_t *entries) MUST_CHECK;

/* A code or data segment by its parts. */
struct descriptor_view {
    uint64_t base, limit; /* limit: the last byte's offset */
    bool code;
    bool access; /* data can be written, code be read */
    bool long_mode; /* 64-bit code */
    bool wide;      /* 32-bit code (D) */
};

/* What a selector of the running vCPU means; false if it is no present code or data segment of ring 3. */
bool descriptor_read(struct vcpu *v, uint16_t selector, struct descriptor_view *view) MUST_CHECK;

/*
 * update_descriptor: checks and writes one entry at a machine address of the running domain. 0 or
 * -XEN_EINVAL.
 */
int descriptor_update(uint64_t machine_address, uint64_t entry) MUST_CHECK;

#endif
