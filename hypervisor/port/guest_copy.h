/* SPDX-License-Identifier: MIT */
/*
 * Access to the memory of the vCPU that runs on this CPU, by its own linear addresses and page tables, as the
 * guest kernel would see it. Every call checks that the range lies outside the hypervisor's and is canonical;
 * the caller checks nothing. A byte that is read twice may differ: copy once, then check and use the copy.
 */
#ifndef PORT_GUEST_COPY_H
#define PORT_GUEST_COPY_H

#include "lib/types.h"

/* Whether [start, start + length) may be a guest's: canonical, not the hypervisor's, no wrap-around. */
static inline bool guest_range_ok(guest_va_t start, uint64_t length)
{
    const uint64_t low_end = 0x0000800000000000ull, high_start = 0xffff880000000000ull;

    /* Differences, for a sum could wrap; -start.n is the distance to the end of the address space. */
    return (start.n < low_end && length <= low_end - start.n) ||
           (start.n >= high_start && length <= -start.n);
}

/* 0, or -XEN_EFAULT with an unspecified part copied. The first is inline for small constant sizes on the
 * machine. */
int port_copy_from_guest(void *to, guest_va_t from, size_t length) MUST_CHECK;
int port_copy_to_guest(guest_va_t to, const void *from, size_t length) MUST_CHECK;

/* Fills with zeros. */
int port_clear_guest(guest_va_t to, size_t length) MUST_CHECK;

/* As port_copy_from_guest for instruction bytes at most 15; returns how many could be read before a fault. */
size_t port_fetch_guest(void *to, guest_va_t from, size_t length);

/* One element number index of a guest's array. */
#define GUEST_ARRAY_GET(to, array, index) \
    port_copy_from_guest((to), guest_va((array).n + (uint64_t)(index) * sizeof(*(to))), sizeof(*(to)))
#define GUEST_ARRAY_PUT(array, index, from) \
    port_copy_to_guest(guest_va((array).n + (uint64_t)(index) * sizeof(*(from))), (from), sizeof(*(from)))

/* The address in an ABI handle (XEN_GUEST_HANDLE) that was copied in. */
#define GUEST_HANDLE_VA(handle) guest_va((uint64_t)(uintptr_t)(handle).p)

#endif
