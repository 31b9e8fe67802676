/* SPDX-License-Identifier: MIT */
/* console_io: a guest's way to print before its console ring works, and the first domain's console. */
#include "core/console.h"
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

#define PART     256u
#define READ_MAX 256u

static int64_t console_write(struct hypercall_args *args, uint64_t count)
{
    struct domain *d = CURRENT_DOMAIN();
    guest_va_t from = hypercall_pointer(args, 2);

    while (count > 0) {
        char text[PART];
        size_t part = MIN(count, sizeof(text));

        if (port_copy_from_guest(text, from, part)) {
            return -XEN_EFAULT;
        }
        if (d == domain_first) {
            console_write_first(text, part);
        } else {
            console_write_guest(d, text, part);
        }
        from.n += part;
        count -= part;
        if (count > 0 && port_preempt_pending()) {
            args->arg[1] = count;
            args->arg[2] = from.n;
            return HYPERCALL_RESTART;
        }
    }
    return 0;
}

static int64_t console_take(struct hypercall_args *args, uint64_t count)
{
    char text[READ_MAX];
    size_t length;

    /* The result is a count or a negative errno. */
    if (count > INT32_MAX) {
        return -XEN_E2BIG;
    }
    length = console_read(text, MIN(count, sizeof(text)));
    if (port_copy_to_guest(hypercall_pointer(args, 2), text, length)) {
        return -XEN_EFAULT;
    }
    return (int64_t)length;
}

int64_t hypercall_console_io(struct hypercall_args *args)
{
    if (CURRENT_DOMAIN() != domain_first && (uint32_t)args->arg[0] != CONSOLEIO_write) {
        return -XEN_EPERM;
    }
    switch ((uint32_t)args->arg[0]) {
    case CONSOLEIO_write:
        return console_write(args, (uint32_t)args->arg[1]);
    case CONSOLEIO_read:
        return console_take(args, (uint32_t)args->arg[1]);
    default:
        return -XEN_ENOSYS;
    }
}
