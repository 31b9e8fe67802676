/* SPDX-License-Identifier: MIT */
/* parvis trace: follows the hypercalls, faults and events of a live domain. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/domain.h"
#include "lib/trace.h"
#include "parvis/command.h"
#include "parvis/trace_show.h"

#define RING_PAGES 64
#define POLL_NS    10000000
/* The start of a file that -w writes; records follow as they are in memory. */
#define FILE_MAGIC "parvis trace 1\n"

static const struct command_option options[] = {
    {'c', "count", NULL, "counts and sums at the end instead of lines"},
    {'e', "events", "LIST", "only these: names of hypercalls, hypercalls, faults, events, syscalls"},
    {'o', "output", "FORMAT", "text, or json: an object a line"},
    {'r', "read", "FILE", "shows what -w wrote, of DOMAIN's number or of all"},
    {'s', "seconds", "N", "ends after so many seconds; without it at Ctrl-C"},
    {'w', "write", "FILE", "writes the records to a file and shows nothing"},
    COMMAND_OPTIONS_END,
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static int read_file(const struct invocation *invocation, struct trace_show *show, struct pv_error *error)
{
    const char *path = invocation->values['r'];
    FILE *file = fopen(path, "rbe");
    char magic[sizeof(FILE_MAGIC)] = "";
    struct pv_trace_record record;

    if (!file) {
        return pv_error_errno(error, errno, "%s", path);
    }
    if (fread(magic, 1, sizeof(FILE_MAGIC) - 1, file) != sizeof(FILE_MAGIC) - 1 ||
        strcmp(magic, FILE_MAGIC) != 0) {
        fclose(file);
        return pv_error_set(error, PV_ERROR_USAGE, "%s is no file that parvis trace wrote", path);
    }
    while (fread(&record, sizeof(record), 1, file) == 1) {
        if (record.count <= PV_TRACE_WORDS) {
            trace_show_record(show, &record);
        }
    }
    fclose(file);
    trace_show_end(show);
    return 0;
}

static bool over(const struct timespec *start, int limit_ms)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return limit_ms >= 0 &&
           (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000 >= limit_ms;
}

/* Hands the records on as they come, to `file` or to be shown. */
static int follow(struct pv_trace *trace, struct trace_show *show, FILE *file, int limit_ms,
                  struct pv_error *error)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    struct timespec start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while (!stopped && !over(&start, limit_ms)) {
        struct pv_trace_record *records = NULL;
        long count = pv_trace_read(trace, &records, error);

        for (long i = 0; i < count; i++) {
            if (file) {
                fwrite(&records[i], sizeof(records[i]), 1, file);
            } else {
                trace_show_record(show, &records[i]);
            }
        }
        free(records);
        if (count < 0) {
            return -1;
        }
        fflush(show->out);
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int trace_live(const struct invocation *invocation, struct pv_ctx *ctx, struct trace_show *show,
                      struct pv_error *error)
{
    const char *path = invocation->values['w'];
    int limit_ms = option_seconds(invocation, 's', -1, error), result;
    FILE *file = NULL;
    struct pv_trace *trace;

    if (option_given(invocation, 's') && limit_ms < 0) {
        return -1;
    }
    if (path && (!(file = fopen(path, "wbe")) || fputs(FILE_MAGIC, file) < 0)) {
        return pv_error_errno(error, errno, "%s", path);
    }
    trace = pv_trace_open(ctx, RING_PAGES, error);
    result = trace ? follow(trace, show, file, limit_ms, error) : -1;
    pv_trace_close(trace);
    if (file && fclose(file) != 0 && result == 0) {
        result = pv_error_errno(error, errno, "%s", path);
    }
    if (result == 0 && !path) {
        trace_show_end(show);
    }
    return result;
}

static int find_domain(const struct invocation *invocation, struct trace_show *show, struct pv_host *host,
                       struct pv_error *error)
{
    struct pv_domain_info info;

    if (pv_domain_find(host, invocation->arguments[0], &info, error) != 0) {
        return -1;
    }
    show->domain = info.domid;
    return 0;
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    static struct trace_show show;
    struct pv_host host;
    int result;

    trace_show_init(&show, stdout);
    show.sums = option_given(invocation, 'c');
    if (option_json(invocation, &show.json, error) != 0 ||
        (option_given(invocation, 'e') && trace_show_filter(&show, invocation->values['e'], error) != 0)) {
        return -1;
    }
    if (option_given(invocation, 'r')) {
        show.domain = invocation->count ? atoi(invocation->arguments[0]) : -1;
        return read_file(invocation, &show, error);
    }
    if (invocation->count != 1) {
        return pv_error_set(error, PV_ERROR_USAGE, "which domain?");
    }
    if (pv_host_open(&host, error) != 0) {
        return -1;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    result = find_domain(invocation, &show, &host, error);
    result = result ? result : trace_live(invocation, host.ctx, &show, error);
    pv_host_close(&host);
    return result;
}

const struct command command_trace = {
    .name = "trace",
    .usage = "[-c] [-e LIST] [-o json] [-s N] [-w FILE] DOMAIN | -r FILE [DOMAIN]",
    .summary = "Follows the hypercalls, faults and events of a domain",
    .help = "A line for each, when it has ended: time, domain and vCPU, name and arguments, result, "
            "duration. Exceptions that the\n"
            "hypervisor passes on without a look, and returns by iret, are not seen. What was lost is told.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
