/* SPDX-License-Identifier: MIT */
/*
 * Calibration of the TSC and the APIC timer. Under another hypervisor, or in an emulator on a busy machine,
 * this CPU may stand still at any moment, so each reading is the tightest of several, and two measurements
 * must agree.
 */
#include "x86/calibrate.h"

#include "lib/log.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/cpu.h"

#define PM_HZ         3579545u
#define PM_MASK       0xffffffu /* the timer has 24 bits, or 32 */
#define PM_TICKS      71591u    /* 20 ms */
#define PIT_HZ        1193182u
#define PIT_TICKS     11932u /* 10 ms */
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_GATE      0x61
#define READS         8u
#define ATTEMPTS      8u
#define AGREE_PARTS   2000u /* two measurements agree within one part of so many */
#define READS_MAX     20000000u

/* One moment on all counters; how long the reading took is how exact it is. */
struct moment {
    uint64_t tsc, took;
    uint32_t apic, pm;
};

static uint32_t pm_read(void)
{
    return x86_in32(acpi_info.pm_timer) & PM_MASK;
}

static struct moment moment_read(void)
{
    struct moment best = {.took = UINT64_MAX};

    for (unsigned int i = 0; i < READS; i++) {
        uint64_t before = x86_rdtsc();
        uint32_t pm = pm_read(), apic = x86_apic_timer_now();
        uint64_t took = x86_rdtsc() - before;

        if (took < best.took) {
            best = (struct moment){.tsc = before + took / 2, .took = took, .apic = apic, .pm = pm};
        }
    }
    return best;
}

/* The rates over PM_TICKS or somewhat more; zeros where the timer does not move. */
static struct x86_rates pm_measure(void)
{
    struct moment start, end;
    uint32_t reads = READS_MAX, ticks;

    x86_apic_timer_start(UINT32_MAX);
    start = moment_read();
    while (((pm_read() - start.pm) & PM_MASK) < PM_TICKS) {
        if (--reads == 0) {
            return (struct x86_rates){0, 0};
        }
    }
    end = moment_read();
    x86_apic_timer_start(0);
    ticks = (end.pm - start.pm) & PM_MASK;
    return (struct x86_rates){(end.tsc - start.tsc) * PM_HZ / ticks,
                              (uint64_t)(start.apic - end.apic) * PM_HZ / ticks};
}

/* The rates over one run of PIT channel 2, which counts PIT_TICKS down; zeros where it does not. */
static struct x86_rates pit_measure(void)
{
    uint8_t gate = x86_in8(PIT_GATE);
    uint32_t reads = READS_MAX, apic;
    uint64_t tsc;

    x86_apic_timer_start(UINT32_MAX);
    x86_out8(PIT_GATE, (uint8_t)((gate & ~0x02) | 0x01));
    x86_out8(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0 */
    x86_out8(PIT_CHANNEL2, PIT_TICKS & 0xff);
    tsc = x86_rdtsc();
    apic = x86_apic_timer_now();
    x86_out8(PIT_CHANNEL2, PIT_TICKS >> 8);
    while (!(x86_in8(PIT_GATE) & 0x20)) {
        if (--reads == 0) {
            return (struct x86_rates){0, 0};
        }
    }
    tsc = x86_rdtsc() - tsc;
    apic -= x86_apic_timer_now();
    x86_apic_timer_start(0);
    x86_out8(PIT_GATE, gate);
    return (struct x86_rates){tsc * PIT_HZ / PIT_TICKS, (uint64_t)apic * PIT_HZ / PIT_TICKS};
}

static bool near(uint64_t a, uint64_t b)
{
    uint64_t apart = a > b ? a - b : b - a;

    return apart <= MAX(a, b) / AGREE_PARTS;
}

static bool agree(struct x86_rates a, struct x86_rates b)
{
    return near(a.tsc_hz, b.tsc_hz) && near(a.apic_hz, b.apic_hz);
}

bool x86_calibrate(struct x86_rates *rates)
{
    struct x86_rates (*measure)(void) = acpi_info.pm_timer ? pm_measure : pit_measure;
    struct x86_rates last = measure();

    if (last.tsc_hz == 0 && measure == pm_measure) {
        measure = pit_measure;
        last = measure();
    }
    for (unsigned int i = 0; i < ATTEMPTS; i++) {
        *rates = measure();
        if (rates->tsc_hz == 0 || rates->apic_hz == 0) {
            return false;
        }
        if (agree(*rates, last)) {
            return true;
        }
        last = *rates;
    }
    log_warning("time: measurements of the TSC differ; the last one counts");
    return true;
}
