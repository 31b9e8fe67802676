/* SPDX-License-Identifier: MIT */
/*
 * load SECONDS: a mixed load for a kernel on a hypervisor. Each kind of work has a process of its own that repeats it
 * and checks each result; at the end the rounds of each are printed. The exit status is 0 only when all was right and
 * every worker got on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

struct worker {
    const char *name;
    void (*round)(unsigned int round);
};

static const struct worker workers[] = {
    {"anonymous", load_anonymous}, {"protect", load_protect}, {"copy-on-write", load_copy_on_write},
    {"remap", load_remap},         {"files", load_files},     {"exec", load_exec},
    {"pipes", load_pipes},         {"signals", load_signals}, {"float", load_float},
    {"sleep", load_sleep},         {"clock", load_clock},     {"itimer", load_itimer},
};
#define WORKER_COUNT (sizeof(workers) / sizeof(workers[0]))

static double load_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void load_work(const struct worker *worker, double end, unsigned int *rounds)
{
    while (load_seconds() < end) {
        worker->round(*rounds);
        __atomic_add_fetch(rounds, 1, __ATOMIC_RELAXED);
    }
    _exit(0);
}

static bool load_start(pid_t pids[WORKER_COUNT], double end, unsigned int *rounds)
{
    for (size_t i = 0; i < WORKER_COUNT; i++) {
        pids[i] = fork();
        if (pids[i] < 0) {
            printf("load: fork: %s\n", strerror(errno));
            return false;
        }
        if (pids[i] == 0) {
            load_work(&workers[i], end, &rounds[i]);
        }
    }
    return true;
}

static bool load_wait(const struct worker *worker, pid_t pid, const unsigned int *rounds)
{
    int status;

    if (waitpid(pid, &status, 0) != pid) {
        printf("load: waitpid: %s\n", strerror(errno));
        return false;
    }
    printf("load: %-14s %8u rounds, status %#x\n", worker->name, *rounds, (unsigned int)status);
    return status == 0 && *rounds > 0;
}

int main(int argc, char **argv)
{
    unsigned int *rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[WORKER_COUNT];
    bool good = true;

    if (argc == 2 && !strcmp(argv[1], "exec-child")) {
        return 42;
    }
    if (argc != 2 || atoi(argv[1]) <= 0 || rounds == MAP_FAILED) {
        fprintf(stderr, "usage: load SECONDS\n");
        return 2;
    }
    if (!load_start(pids, load_seconds() + atoi(argv[1]), rounds)) {
        return 1;
    }
    for (size_t i = 0; i < WORKER_COUNT; i++) {
        good = load_wait(&workers[i], pids[i], &rounds[i]) && good;
    }
    printf("load: %s\n", good ? "all right" : "failed");
    return good ? 0 : 1;
}
