/* SPDX-License-Identifier: MIT */
/* The load's work on processes: what switches between address spaces, and what must be kept over them. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

static int load_wait_child(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child) {
        LOAD_FAIL("no child");
    }
    return status;
}

void load_exec(unsigned int round)
{
    pid_t child = fork();
    int status;

    (void)round;
    if (child == 0) {
        execl("/proc/self/exe", "load", "exec-child", (char *)NULL);
        _exit(1);
    }
    status = load_wait_child(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 42) {
        LOAD_FAIL("the program that was started ended with %#x", (unsigned int)status);
    }
}

/* The child adds one to each number that comes and sends it back. */
static void load_echo(int in, int out)
{
    uint32_t number;

    while (read(in, &number, sizeof(number)) == sizeof(number)) {
        number++;
        if (write(out, &number, sizeof(number)) != sizeof(number)) {
            _exit(1);
        }
    }
    _exit(0);
}

void load_pipes(unsigned int round)
{
    int there[2], back[2];
    pid_t child;

    if (pipe(there) || pipe(back)) {
        LOAD_FAIL("pipe");
    }
    child = fork();
    if (child == 0) {
        close(there[1]);
        close(back[0]);
        load_echo(there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    for (uint32_t i = round; i != round + 200; i++) {
        uint32_t answer = 0;

        if (write(there[1], &i, sizeof(i)) != sizeof(i) ||
            read(back[0], &answer, sizeof(answer)) != sizeof(answer) || answer != i + 1) {
            LOAD_FAIL("%u came back as %u", i, answer);
        }
    }
    close(there[1]);
    close(back[0]);
    if (load_wait_child(child)) {
        LOAD_FAIL("the echo failed");
    }
}

static volatile sig_atomic_t load_signal_count;

static void load_count_signal(int number)
{
    (void)number;
    load_signal_count++;
}

void load_signals(unsigned int round)
{
    (void)round;
    signal(SIGUSR1, load_count_signal);
    load_signal_count = 0;
    for (int i = 0; i < 200; i++) {
        raise(SIGUSR1);
    }
    if (load_signal_count != 200) {
        LOAD_FAIL("%d of 200 signals came", (int)load_signal_count);
    }
}

/* The same sum twice, with other processes and other CPUs in between. */
void load_float(unsigned int round)
{
    double sums[2];

    for (int i = 0; i < 2; i++) {
        double sum = 0.0;

        for (unsigned int k = 1; k <= 2000; k++) {
            sum += (double)(round % 1000 + k) / (double)(k * k + 1);
            if (k % 250 == 0) {
                sched_yield();
            }
        }
        sums[i] = sum;
    }
    if (sums[0] < sums[1] || sums[0] > sums[1]) {
        LOAD_FAIL("%.17g and then %.17g", sums[0], sums[1]);
    }
}
