/* SPDX-License-Identifier: MIT */
/*
 * Watchdogs of a domain (SCHEDOP_watchdog): a domain that does not set its watchdog anew in time is shut
 * down.
 */
#include "core/sched_policy.h"

#include "lib/log.h"
#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"

static void sched_watchdog_fired(void *argument)
{
    struct domain *d = argument;

    if (!d->shutting_down && d->life == DOMAIN_ALIVE) {
        log_info("d%u: watchdog fired", d->id);
        domain_shutdown(d, SHUTDOWN_watchdog);
    }
}

void sched_watchdog_init(struct domain *d)
{
    lock_init(&d->sched.watchdog_lock, LOCK_SCHED_WATCHDOG);
    for (unsigned int i = 0; i < SCHED_WATCHDOGS; i++) {
        timer_init(&d->sched.watchdog[i], sched_watchdog_fired, d, port_cpu_id());
    }
}

void sched_watchdog_free(struct domain *d)
{
    for (unsigned int i = 0; i < SCHED_WATCHDOGS; i++) {
        timer_stop(&d->sched.watchdog[i]);
    }
}

static uint64_t sched_watchdog_deadline(uint32_t seconds)
{
    return port_time_now() + seconds * TIMER_NS_PER_SECOND;
}

static int sched_watchdog_new(struct domain *d, uint32_t seconds)
{
    for (unsigned int i = 0; i < SCHED_WATCHDOGS; i++) {
        if (!(d->sched.watchdogs_used & 1u << i)) {
            d->sched.watchdogs_used |= 1u << i;
            timer_set(&d->sched.watchdog[i], sched_watchdog_deadline(seconds));
            return (int)i + 1;
        }
    }
    return -XEN_ENOSPC;
}

static int sched_watchdog_change(struct domain *d, unsigned int index, uint32_t seconds)
{
    if (!(d->sched.watchdogs_used & 1u << index)) {
        return -XEN_EINVAL;
    }
    if (seconds) {
        timer_set(&d->sched.watchdog[index], sched_watchdog_deadline(seconds));
    } else {
        timer_stop(&d->sched.watchdog[index]);
        d->sched.watchdogs_used &= ~(1u << index);
    }
    return 0;
}

int sched_watchdog(struct domain *d, uint32_t id, uint32_t seconds)
{
    struct lock_token held;
    int ret;

    if (id > SCHED_WATCHDOGS || (id == 0 && seconds == 0)) {
        return -XEN_EINVAL;
    }
    held = lock_acquire(&d->sched.watchdog_lock);
    ret = id == 0 ? sched_watchdog_new(d, seconds) : sched_watchdog_change(d, id - 1, seconds);
    lock_release(held);
    return ret;
}
