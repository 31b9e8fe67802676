/* SPDX-License-Identifier: MIT */
/* What the files of memory_op share. */
#ifndef HYPERCALL_MEMORY_H
#define HYPERCALL_MEMORY_H

#include "hypercall/hypercall.h"
#include "pvabi/memory.h"

struct domain;

/* The first argument of memory_op: the operation, and above it how many extents an earlier part of the call
 * has done. */
#define MEMORY_OPERATION_BITS 6u
#define MEMORY_OPERATION_MASK ((1ull << MEMORY_OPERATION_BITS) - 1)

/* The largest extent, as a power of two of frames: it is taken, cleaned and given without a look for other work. */
#define MEMORY_ORDER_MAX 9u

/* What mem_flags ask of an allocation. */
struct memory_place {
    unsigned int address_bits; /* 0: any address */
    bool nowhere;              /* exactly on a node that the machine has not */
};

/* 0 or -XEN_EINVAL. */
int memory_place_decode(const struct domain *caller, unsigned int mem_flags,
                        struct memory_place *place) MUST_CHECK;

/*
 * The domain that an argument names, with a reference, if the caller may control it: 0, -XEN_ESRCH or
 * -XEN_EPERM. (DOMID_SELF and the caller's own number are the caller.)
 */
int memory_target(domid_t id, struct domain **target) MUST_CHECK;

/* The operations. start is the number of extents that were done before; at is the address of the argument. */
int64_t memory_reserve(struct hypercall_args *args, unsigned int operation, uint64_t start);
int64_t memory_exchange(guest_va_t at);
int64_t memory_claim(guest_va_t at);
int64_t memory_map_own(guest_va_t at);
int64_t memory_map_machine(guest_va_t at);
int64_t memory_map_set(guest_va_t at);
int64_t memory_reserved_devices(guest_va_t at);
int64_t memory_m2p_place(guest_va_t at);
int64_t memory_m2p_frames(guest_va_t at);
int64_t memory_resource(struct hypercall_args *args, uint64_t start);
int64_t memory_physmap_add(guest_va_t at, uint64_t start);
int64_t memory_physmap_add_batch(guest_va_t at, uint64_t start);
int64_t memory_physmap_remove(guest_va_t at);

#endif
