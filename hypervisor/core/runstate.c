/* SPDX-License-Identifier: MIT */
/* What a guest sees of its vCPUs' scheduling and time: runstates with their times, and the clock. */
#include "core/sched_policy.h"

#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/time.h"

void sched_runstate_set(struct vcpu *v, int state, uint64_t now)
{
    struct vcpu_runstate_info *r = &v->sched.runstate;

    if (r->state != state) {
        /* The clock of the CPU that noted the entry may be a little ahead. */
        r->time[r->state] += now > r->state_entry_time ? now - r->state_entry_time : 0;
        r->state_entry_time = now;
        r->state = state;
    }
}

static void sched_runstate_copy(struct vcpu *v, struct vcpu_runstate_info *info)
{
    struct sched_cpu *c;
    struct lock_token held = sched_lock(v, &c);

    memset(info, 0, sizeof(*info)); /* the padding goes to guests */
    info->state = v->sched.runstate.state;
    info->state_entry_time = v->sched.runstate.state_entry_time;
    memcpy(info->time, v->sched.runstate.time, sizeof(info->time));
    lock_release(held);
}

void sched_runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
    uint64_t now;

    sched_runstate_copy(v, info);
    now = port_time_now();
    if (now > info->state_entry_time) {
        info->time[info->state] += now - info->state_entry_time;
    }
}

static int sched_copy_entry_time(guest_va_t area, uint64_t entry_time)
{
    guest_va_t to = guest_va(area.n + offsetof(struct vcpu_runstate_info, state_entry_time));

    return port_copy_to_guest(to, &entry_time, sizeof(entry_time));
}

/*
 * Writes a runstate to a guest's area; with the domain's update flag, a reader sees that a write is going on.
 */
static int sched_copy_runstate(const struct domain *d, guest_va_t area, struct vcpu_runstate_info *info)
{
    bool flagged = d->vm_assist & 1ull << VMASST_TYPE_runstate_update_flag;
    uint64_t entry_time = info->state_entry_time;
    int ret = 0;

    if (flagged) {
        info->state_entry_time |= XEN_RUNSTATE_UPDATE;
        ret = sched_copy_entry_time(area, info->state_entry_time);
        port_barrier_write();
    }
    if (!ret) {
        ret = port_copy_to_guest(area, info, sizeof(*info));
    }
    if (!ret && flagged) {
        port_barrier_write();
        ret = sched_copy_entry_time(area, entry_time);
    }
    return ret;
}

void sched_write_runstate(struct vcpu *v)
{
    struct vcpu_runstate_info info;

    if (v->sched.runstate_area.n == 0) {
        return;
    }
    v->sched.runstate_stale = true;
    if (v->cpu.kernel_mode) {
        sched_runstate_copy(v, &info);
        v->sched.runstate_stale = sched_copy_runstate(v->domain, v->sched.runstate_area, &info) != 0;
    }
}

void sched_set_runstate_area(struct vcpu *v, guest_va_t area)
{
    struct vcpu_runstate_info info;

    v->sched.runstate_area = area;
    v->sched.runstate_stale = false;
    if (area.n == 0) {
        return;
    }
    if (v == port_current()) {
        sched_write_runstate(v);
    } else {
        /* The caller is a vCPU of the same kernel: its page tables hold the area too. */
        sched_runstate_get(v, &info);
        v->sched.runstate_stale = sched_copy_runstate(v->domain, area, &info) != 0;
    }
}

/* The clock of this CPU for a domain in the ABI's form, all but the version. */
static struct vcpu_time_info sched_clock(const struct domain *d)
{
    struct port_clock clock = tsc_clock(d);

    return (struct vcpu_time_info){
        .tsc_timestamp = clock.tsc_stamp,
        .system_time = clock.system_time,
        .tsc_to_system_mul = clock.mul,
        .tsc_shift = clock.shift,
        .flags = clock.stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
    };
}

/* Writes the secondary time area, with an odd version first, as readers expect. */
static int sched_copy_time(guest_va_t area, struct vcpu_time_info *time, uint32_t version)
{
    uint32_t odd = version + 1, even = version + 2;
    int ret = port_copy_to_guest(area, &odd, sizeof(odd));

    time->version = odd;
    port_barrier_write();
    if (!ret) {
        ret = port_copy_to_guest(area, time, sizeof(*time));
    }
    port_barrier_write();
    return ret ? ret : port_copy_to_guest(area, &even, sizeof(even));
}

static void sched_write_time(struct vcpu *v)
{
    struct vcpu_time_info time = sched_clock(v->domain);

    v->sched.time_stale = true;
    if (v->cpu.kernel_mode) {
        v->sched.time_stale = sched_copy_time(v->sched.time_area, &time, v->sched.time_version) != 0;
        v->sched.time_version += 2;
    }
}

void sched_set_time_area(struct vcpu *v, guest_va_t area)
{
    v->sched.time_area = area;
    v->sched.time_stale = area.n != 0;
    if (area.n && v == port_current()) {
        sched_write_time(v);
    }
}

void sched_publish_time(struct vcpu *v)
{
    struct vcpu_time_info *info = &v->evtchn.info->time, time = sched_clock(v->domain);
    uint32_t version = v->sched.time_version;

    v->sched.time_version = version + 2;
    port_write_u32(&info->version, version + 1);
    port_barrier_write();
    info->tsc_timestamp = time.tsc_timestamp;
    info->system_time = time.system_time;
    info->tsc_to_system_mul = time.tsc_to_system_mul;
    info->tsc_shift = time.tsc_shift;
    info->flags = time.flags;
    port_barrier_write();
    port_write_u32(&info->version, version + 2);
}

void sched_update_areas(struct vcpu *v)
{
    if (!v->cpu.kernel_mode) {
        return;
    }
    if (v->sched.runstate_stale) {
        sched_write_runstate(v);
    }
    if (v->sched.time_stale) {
        sched_write_time(v);
    }
}
