/* SPDX-License-Identifier: MIT */
/* The load's work on time: timers, and a clock that all CPUs agree on. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define MILLISECOND 1000000ll

static int64_t load_now(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 * MILLISECOND + now.tv_nsec;
}

/* Not shorter than asked; how much longer says nothing on a busy machine, but ten seconds do. */
void load_sleep(unsigned int round)
{
    struct timespec time = {.tv_nsec = (round % 7 + 1) * MILLISECOND};
    int64_t start = load_now(CLOCK_MONOTONIC), slept;

    nanosleep(&time, NULL);
    slept = load_now(CLOCK_MONOTONIC) - start;
    if (slept < time.tv_nsec || slept > 10000 * MILLISECOND) {
        LOAD_FAIL("a sleep of %ld ns took %lld", time.tv_nsec, (long long)slept);
    }
}

static void load_move_to(unsigned int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* Reads the clock on one CPU after the other. */
void load_clock(unsigned int round)
{
    long cpu_count = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t last = load_now(CLOCK_MONOTONIC), wall = load_now(CLOCK_REALTIME);

    load_move_to(round % (unsigned int)cpu_count);
    for (int i = 0; i < 500; i++) {
        int64_t now = load_now(CLOCK_MONOTONIC);

        if (now < last) {
            LOAD_FAIL("the clock went back by %lld ns", (long long)(last - now));
        }
        last = now;
    }
    if (load_now(CLOCK_REALTIME) < wall) {
        LOAD_FAIL("the wall clock went back");
    }
}

static volatile sig_atomic_t load_alarm_count;

static void load_alarm(int number)
{
    (void)number;
    load_alarm_count++;
}

void load_itimer(unsigned int round)
{
    struct itimerval timer = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}};
    struct itimerval none = {.it_value = {.tv_usec = 0}};
    int64_t start = load_now(CLOCK_MONOTONIC);

    (void)round;
    signal(SIGALRM, load_alarm);
    load_alarm_count = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    while (load_alarm_count < 5) {
        pause();
        if (load_now(CLOCK_MONOTONIC) - start > 10000 * MILLISECOND) {
            LOAD_FAIL("%d of 5 alarms in ten seconds", (int)load_alarm_count);
        }
    }
    setitimer(ITIMER_REAL, &none, NULL);
}
