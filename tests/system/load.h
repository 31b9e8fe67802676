/* SPDX-License-Identifier: MIT */
/* The workers of the mixed load: each function does one round of its work and checks the result. */
#ifndef TESTS_SYSTEM_LOAD_H
#define TESTS_SYSTEM_LOAD_H

#include <stdio.h>
#include <stdlib.h>

/* What a round found is wrong: says where, and ends the worker, which fails the whole load. */
#define LOAD_FAIL(...)                                       \
    do {                                                     \
        printf("load: %s:%d: ", __FILE__, __LINE__);         \
        printf(__VA_ARGS__);                                 \
        printf("\n");                                        \
        fflush(stdout);                                      \
        _exit(1);                                            \
    } while (0)

/* Memory: faults, protections, copies on write. `round` differs from call to call and seeds the patterns. */
void load_anonymous(unsigned int round);
void load_protect(unsigned int round);
void load_copy_on_write(unsigned int round);
void load_remap(unsigned int round);
void load_files(unsigned int round);

/* Processes: fork with exec, threads of work that talk by pipes, signals, and floating point kept over switches. */
void load_exec(unsigned int round);
void load_pipes(unsigned int round);
void load_signals(unsigned int round);
void load_float(unsigned int round);

/* Time: sleeps last, timers come, and the clock never goes back, on whatever CPU. */
void load_sleep(unsigned int round);
void load_clock(unsigned int round);
void load_itimer(unsigned int round);

#endif
