/* SPDX-License-Identifier: MIT */
/* Reads pvclock and the wall clock, sets timers. */
#include "guest/time.h"

#include <stdbool.h>

#include "guest/event.h"
#include "guest/hypercall.h"
#include "guest/start.h"
#include "guest/vcpu.h"
#include "guest/x86.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

static uint64_t scale(uint64_t delta, uint32_t multiplier, int8_t shift)
{
    delta = shift < 0 ? delta >> -shift : delta << shift;
    return (uint64_t)((unsigned __int128)delta * multiplier >> 32);
}

uint64_t time_now(void)
{
    volatile struct vcpu_time_info *info = &vcpu_current()->info->time;
    uint32_t version;
    uint64_t now;

    do {
        version = info->version;
        barrier();
        now = info->system_time +
              scale(x86_rdtsc() - info->tsc_timestamp, info->tsc_to_system_mul, info->tsc_shift);
        barrier();
    } while ((version & 1) || version != info->version);
    return now;
}

uint64_t time_wall(void)
{
    volatile struct shared_info *shared = guest_shared_info;
    uint32_t version;
    uint64_t wall;

    do {
        version = shared->wc_version;
        barrier();
        wall = ((uint64_t)shared->wc_sec_hi << 32 | shared->wc_sec) * TIME_S + shared->wc_nsec;
        barrier();
    } while ((version & 1) || version != shared->wc_version);
    return wall + time_now();
}

uint64_t time_tsc_khz(void)
{
    volatile struct vcpu_time_info *info = &vcpu_current()->info->time;
    uint64_t khz = (1000000ull << 32) / info->tsc_to_system_mul;

    return info->tsc_shift < 0 ? khz << -info->tsc_shift : khz >> info->tsc_shift;
}

int time_set_timer(uint64_t when)
{
    struct vcpu_set_singleshot_timer request = {.timeout_abs_ns = when};

    if (!when) {
        return (int)hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_current()->id, 0);
    }
    return (int)hypercall_vcpu_op(VCPUOP_set_singleshot_timer, vcpu_current()->id, HARG(&request));
}

/* By each vCPU for itself. */
static volatile bool tick_stopped[VCPU_MAX];

int time_stop_tick(void)
{
    tick_stopped[vcpu_current()->id] = true;
    return (int)hypercall_vcpu_op(VCPUOP_stop_periodic_timer, vcpu_current()->id, 0);
}

void time_resume(void)
{
    if (tick_stopped[vcpu_current()->id]) {
        time_stop_tick();
    }
}

void time_spin(uint64_t nanoseconds)
{
    uint64_t end = time_now() + nanoseconds;

    while (time_now() < end) {
        x86_pause();
    }
}

void time_sleep(uint64_t nanoseconds)
{
    struct sched_poll request = {.timeout = time_now() + nanoseconds};

    hypercall_sched_op(SCHEDOP_poll, HARG(&request));
}
