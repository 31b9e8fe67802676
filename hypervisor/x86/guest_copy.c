/* SPDX-License-Identifier: MIT */
/* port/guest_copy.h on the real machine: direct access in the current address space, with faults fixed up. */
#include "port/guest_copy.h"
#include "pvabi/errno.h"
#include "x86/guest_copy.h"

int port_copy_from_guest(void *to, guest_va_t from, size_t length)
{
    if (!guest_range_ok(from, length)) {
        return -XEN_EFAULT;
    }
    if (length == 8) {
        return x86_copy_guest_8(to, (const void *)from.n) ? -XEN_EFAULT : 0;
    }
    return x86_copy_guest(to, (const void *)from.n, length) ? -XEN_EFAULT : 0;
}

int port_copy_to_guest(guest_va_t to, const void *from, size_t length)
{
    if (!guest_range_ok(to, length)) {
        return -XEN_EFAULT;
    }
    if (length == 8) {
        return x86_copy_guest_8((void *)to.n, from) ? -XEN_EFAULT : 0;
    }
    return x86_copy_guest((void *)to.n, from, length) ? -XEN_EFAULT : 0;
}

int port_clear_guest(guest_va_t to, size_t length)
{
    if (!guest_range_ok(to, length)) {
        return -XEN_EFAULT;
    }
    return x86_clear_guest((void *)to.n, length) ? -XEN_EFAULT : 0;
}

size_t port_fetch_guest(void *to, guest_va_t from, size_t length)
{
    if (!guest_range_ok(from, length)) {
        return 0;
    }
    return length - x86_copy_guest(to, (const void *)from.n, length);
}

struct extable_entry {
    int32_t from, to; /* relative to themselves */
};

extern const struct extable_entry extable_start[], extable_end[];

uintptr_t x86_extable_find(uintptr_t rip)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
        if ((uintptr_t)&e->from + (intptr_t)e->from == rip) {
            return (uintptr_t)&e->to + (intptr_t)e->to;
        }
    }
    return 0;
}
