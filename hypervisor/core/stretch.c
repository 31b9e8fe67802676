/* SPDX-License-Identifier: MIT */
/* The longest stretch of each hypercall without a look for other work. */
#include "core/stretch.h"

#include "core/call_names.h"
#include "lib/cpumask.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/time.h"

#define STRETCH_NONE UINT32_MAX

bool stretch_counted;

/* One more place is for all unknown numbers. */
static uint64_t longest[CALL_NUMBERS + 1]; /* atomic */

/* Of each CPU, used by itself only. */
static struct {
    uint64_t since;
    uint32_t number; /* the place in the table, STRETCH_NONE between hypercalls */
} present[CPU_MAX] = {[0 ... CPU_MAX - 1] = {.number = STRETCH_NONE}};

void stretch_begin(uint64_t number)
{
    unsigned int cpu = port_cpu_id();

    present[cpu].number = (uint32_t)MIN(number, (uint64_t)CALL_NUMBERS);
    present[cpu].since = port_time_now();
}

void stretch_stop(void)
{
    unsigned int cpu = port_cpu_id();
    uint64_t took, seen, *most;

    if (present[cpu].number == STRETCH_NONE) {
        return;
    }
    took = port_time_now() - present[cpu].since;
    most = &longest[present[cpu].number];
    seen = port_read_u64(most);
    while (took > seen && !port_cas_u64(most, &seen, took)) {
        ;
    }
}

void stretch_go_on(void)
{
    present[port_cpu_id()].since = port_time_now();
}

void stretch_end(void)
{
    stretch_stop();
    present[port_cpu_id()].number = STRETCH_NONE;
}

uint64_t stretch_longest(uint64_t number)
{
    return port_read_u64(&longest[MIN(number, (uint64_t)CALL_NUMBERS)]);
}

void stretch_print(void)
{
    if (!stretch_counted) {
        log_info("not counted: the command line has no preempt-stats");
        return;
    }
    for (uint64_t i = 0; i <= CALL_NUMBERS; i++) {
        const char *name = i < CALL_NUMBERS ? call_name(i) : "unknown ones";
        uint64_t took = stretch_longest(i);

        if (name && took) {
            log_info("  longest stretch of %s: %llu ns", name, (unsigned long long)took);
        }
    }
}
