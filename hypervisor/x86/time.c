/* SPDX-License-Identifier: MIT */
/* Time. One scale for all CPUs: their counters start together at reset and run at one rate; x86_time_init and
 * x86_time_compare say if not. */
#include "x86/time.h"
#include "core/tsc_warp.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/time.h"
#include "x86/apic.h"
#include "x86/calibrate.h"
#include "x86/cpu.h"

#define NS_PER_SECOND 1000000000ull
#define TIMER_MAX_NS  1000000000ull
/* An update of the RTC takes 2 ms; so many reads take longer on any machine. */
#define RTC_READS_MAX 100000u
/* So many turns tell; a CPU that an emulator does not run for a while gives none, and is not waited for for ever. */
#define WARP_TURNS   5000u
#define WARP_TIME_MS 20u

static uint64_t tsc_start;
static uint32_t tsc_mul; /* nanoseconds = (ticks << shift) * mul >> 32 */
static int8_t tsc_shift;
static uint32_t tsc_khz;
static uint64_t apic_hz;
static bool stable;
static uint64_t wallclock_base;
static struct tsc_warp warp;
static uint32_t warp_here; /* atomic: the CPU that is to be compared waits, 0: none */
static uint32_t warp_done; /* atomic: and has looked enough */

static void set_scale(uint64_t hz)
{
    uint64_t ticks = hz;

    tsc_shift = 0;
    while (ticks > NS_PER_SECOND * 2) {
        ticks >>= 1;
        tsc_shift--;
    }
    while (ticks <= NS_PER_SECOND) {
        ticks <<= 1;
        tsc_shift++;
    }
    tsc_mul = (uint32_t)((NS_PER_SECOND << 32) / ticks);
}

static uint64_t scale(uint64_t ticks)
{
    ticks = tsc_shift < 0 ? ticks >> -tsc_shift : ticks << tsc_shift;
    return (uint64_t)((unsigned __int128)ticks * tsc_mul >> 32);
}

static uint8_t cmos(uint8_t index)
{
    x86_out8(0x70, index);
    return x86_in8(0x71);
}

static uint32_t from_bcd(uint8_t value, bool binary)
{
    return binary ? value : (uint32_t)(value >> 4) * 10 + (value & 15);
}

static uint64_t days_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
    /* March is the first month, so that the leap day is the last one of its year. */
    uint32_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

    return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint64_t read_rtc(void)
{
    uint32_t second, minute, hour, day, month, year;
    uint8_t mode = cmos(0x0b), raw_hour;
    bool binary = mode & 4;
    uint32_t reads = RTC_READS_MAX;

    do {
        while (cmos(0x0a) & 0x80 && --reads > 0) {
        }
        second = from_bcd(cmos(0), binary);
        minute = from_bcd(cmos(2), binary);
        raw_hour = cmos(4);
        day = from_bcd(cmos(7), binary);
        month = from_bcd(cmos(8), binary);
        year = 2000 + from_bcd(cmos(9), binary);
    } while (second != from_bcd(cmos(0), binary) && reads > 0 && --reads > 0);
    hour = from_bcd(raw_hour & 0x7f, binary);
    if (!(mode & 2) && raw_hour & 0x80) {
        hour = hour % 12 + 12;
    }
    return ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

void x86_time_init(bool unstable)
{
    struct x86_rates rates;

    if (!x86_calibrate(&rates)) {
        port_panic("neither ACPI's timer nor the PIT runs: there is nothing to measure the TSC against");
    }
    tsc_khz = (uint32_t)(rates.tsc_hz / 1000);
    apic_hz = rates.apic_hz;
    set_scale((uint64_t)tsc_khz * 1000);
    tsc_start = x86_rdtsc();
    stable = !unstable && (x86_features.invariant_tsc || x86_features.hypervisor);
    wallclock_base = read_rtc() * NS_PER_SECOND - port_time_now();
    log_info("time: TSC %u.%03u MHz (%s), APIC timer %llu.%03llu MHz", tsc_khz / 1000, tsc_khz % 1000,
             stable ? "stable" : "not stable", (unsigned long long)apic_hz / 1000000,
             (unsigned long long)apic_hz / 1000 % 1000);
}

/* Looks for some time, however the counters run: no more looks than 20 ms of a counter's own ticks hold. */
static void look(void)
{
    uint64_t start = x86_rdtsc(), ticks = (uint64_t)tsc_khz * WARP_TIME_MS;

    while (port_read_u32(&warp.turns) < WARP_TURNS && x86_rdtsc() - start < ticks) {
        tsc_warp_look(&warp);
        port_cpu_relax();
    }
}

void x86_time_compare(void)
{
    port_write_release_u32(&warp_done, 0);
    port_write_release_u32(&warp_here, port_cpu_id());
    while (port_read_acquire_u32(&warp_here) != 0) {
        port_cpu_relax();
    }
    look();
    port_write_release_u32(&warp_done, 1);
}

void x86_time_compare_other(unsigned int cpu)
{
    if (port_read_acquire_u32(&warp_here) != cpu) {
        return;
    }
    tsc_warp_init(&warp);
    port_write_release_u32(&warp_here, 0);
    do {
        look();
    } while (!port_read_acquire_u32(&warp_done));
    if (warp.most > 0) {
        log_warning("the TSCs of CPUs 0 and %u are at least %llu ticks apart: not stable", cpu,
                    (unsigned long long)warp.most);
        stable = false;
    }
}

void x86_time_cpu_init(void)
{
    x86_apic_timer_start(0);
}

uint64_t port_time_now(void)
{
    uint64_t now = x86_rdtsc();

    /* Another CPU's counter may be a little behind the first one's at the start. */
    return now > tsc_start && tsc_mul != 0 ? scale(now - tsc_start) : 0;
}

struct port_clock port_time_clock(void)
{
    uint64_t now = x86_rdtsc();

    return (struct port_clock){
        .tsc_stamp = now,
        .system_time = now > tsc_start ? scale(now - tsc_start) : 0,
        .mul = tsc_mul,
        .shift = tsc_shift,
        .stable = stable,
    };
}

uint32_t port_time_tsc_khz(void)
{
    return tsc_khz;
}

uint64_t port_wallclock_base(void)
{
    return __atomic_load_n(&wallclock_base, __ATOMIC_RELAXED);
}

void port_wallclock_set_base(uint64_t ns)
{
    __atomic_store_n(&wallclock_base, ns, __ATOMIC_RELAXED);
}

void port_timer_arm(uint64_t deadline)
{
    uint64_t now = port_time_now(), wait, count;

    if (deadline == UINT64_MAX) {
        x86_apic_timer_start(0);
        return;
    }
    if (deadline <= now) {
        /* On the way out, without the detour through an interrupt. */
        port_or_u32(&x86_this_cpu()->work, X86_WORK_TIMER);
        return;
    }
    wait = MIN(deadline - now, TIMER_MAX_NS);
    count = wait * (apic_hz / 1000) / 1000000;
    x86_apic_timer_start((uint32_t)MIN(MAX(count, 1ull), (uint64_t)UINT32_MAX));
}
