/* SPDX-License-Identifier: MIT */
/* Debug registers of guests: no breakpoint in the hypervisor, no general detect. */
#include "core/cpu_bits.h"
#include "core/domain.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/errno.h"

#define DEBUG_TYPE_SHIFT 16u
#define DEBUG_TYPE_IO    2u

/* 4 and 5 are other names of 6 and 7, unless the guest chose debug extensions. 8: none. */
static unsigned int real_number(const struct vcpu *v, unsigned int n)
{
    if (n == 4 || n == 5) {
        return v->cpu.cr4 & GUEST_CR4_DE ? 8 : n + 2;
    }
    return n;
}

int guest_cpu_get_debugreg(struct vcpu *v, unsigned int n, uint64_t *value)
{
    n = real_number(v, n);
    if (n > 7) {
        return -XEN_ENODEV;
    }
    *value = v->cpu.dr[n];
    return 0;
}

static bool is_io(uint64_t control, unsigned int breakpoint)
{
    return (control >> (DEBUG_TYPE_SHIFT + 4 * breakpoint) & 3) == DEBUG_TYPE_IO;
}

/* Breakpoints on I/O ports are looked for when an access is emulated: the CPU would find the hypervisor's own. */
static uint64_t live_control(uint64_t control)
{
    for (unsigned int i = 0; i < 4; i++) {
        if (is_io(control, i)) {
            control &= ~(3ull << (2 * i));
        }
    }
    return control & DEBUG_CONTROL_ENABLE ? control : DEBUG_CONTROL_DEFAULT;
}

uint64_t guest_cpu_debug_control(const struct vcpu *v)
{
    return live_control(v->cpu.dr[7]);
}

/* While no breakpoint is enabled, the CPU's registers hold nothing of the guest. */
static void write_live(struct vcpu *v, unsigned int n, uint64_t before)
{
    uint64_t control = guest_cpu_debug_control(v);
    bool enabled = control & DEBUG_CONTROL_ENABLE;

    if (v != port_current()) {
        return;
    }
    if (n == 7) {
        if (enabled && !(live_control(before) & DEBUG_CONTROL_ENABLE)) {
            for (unsigned int i = 0; i < 4; i++) {
                port_write_dr(i, v->cpu.dr[i]);
            }
            port_write_dr(6, v->cpu.dr[6]);
        }
        port_write_dr(7, control);
    } else if (enabled) {
        port_write_dr(n, v->cpu.dr[n]);
    }
}

/*
 * Breakpoints on I/O ports exist only with debug extensions: without them their type is undefined, so it is
 * refused in a register that enables any breakpoint.
 */
static int check_control(const struct vcpu *v, uint64_t *value)
{
    if (*value >> 32) {
        return -XEN_EINVAL;
    }
    *value = (*value & ~DEBUG_CONTROL_RESERVED_ZERO) | DEBUG_CONTROL_DEFAULT | (*value & DEBUG_CONTROL_GD);
    if (*value & DEBUG_CONTROL_GD) {
        return -XEN_EPERM;
    }
    for (unsigned int i = 0; *value & DEBUG_CONTROL_ENABLE && i < 4; i++) {
        if (is_io(*value, i) && !(v->cpu.cr4 & GUEST_CR4_DE)) {
            return -XEN_EPERM;
        }
    }
    return 0;
}

int guest_cpu_set_debugreg(struct vcpu *v, unsigned int n, uint64_t value)
{
    uint64_t before;
    int result = 0;

    n = real_number(v, n);
    if (n > 7) {
        return -XEN_ENODEV;
    }
    if (n < 4 && !guest_range_ok(guest_va(value), 1)) {
        result = -XEN_EPERM;
    } else if (n == 6) {
        result = value >> 32 ? -XEN_EINVAL : 0;
        value = (value & ~DEBUG_STATUS_RESERVED_ZERO) | DEBUG_STATUS_DEFAULT;
    } else if (n == 7) {
        result = check_control(v, &value);
    }
    if (result != 0) {
        return result;
    }
    before = v->cpu.dr[n];
    v->cpu.dr[n] = value;
    write_live(v, n, before);
    return 0;
}
