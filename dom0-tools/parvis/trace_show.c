/* SPDX-License-Identifier: MIT */
/* Pairs calls with their results for each vCPU, and prints them; names come from the one list of hypercalls.
 */
#include "parvis/trace_show.h"

#include <inttypes.h>
#include <string.h>

#include "pvabi/errno.h"
#include "pvabi/event_channel.h"
#include "pvabi/grant_table.h"
#include "pvabi/memory.h"
#include "pvabi/sched.h"
#include "pvabi/trace.h"
#include "pvabi/vcpu.h"
#include "pvabi/version.h"
#include "pvabi/xen.h"

#define ERRNO_MAX 4095

static const struct {
    const char *name;
    unsigned int arguments;
} hypercalls[] = {
#define PVABI_HYPERCALL(number, name, count, who, preempt) [number] = {#name, count},
#include "pvabi/hypercall-list.h"
};
#define HYPERCALL_COUNT (sizeof(hypercalls) / sizeof(hypercalls[0]))

/* The first argument of these is a number that has a name. */
static const struct {
    uint8_t hypercall, value;
    const char *name;
} operations[] = {
#define OPERATION(hypercall, prefix, name)            \
    {                                                 \
        __HYPERVISOR_##hypercall, prefix##name, #name \
    }
    OPERATION(sched_op, SCHEDOP_, yield),
    OPERATION(sched_op, SCHEDOP_, block),
    OPERATION(sched_op, SCHEDOP_, shutdown),
    OPERATION(sched_op, SCHEDOP_, poll),
    OPERATION(sched_op, SCHEDOP_, watchdog),
    OPERATION(event_channel_op, EVTCHNOP_, bind_interdomain),
    OPERATION(event_channel_op, EVTCHNOP_, bind_virq),
    OPERATION(event_channel_op, EVTCHNOP_, bind_pirq),
    OPERATION(event_channel_op, EVTCHNOP_, close),
    OPERATION(event_channel_op, EVTCHNOP_, send),
    OPERATION(event_channel_op, EVTCHNOP_, status),
    OPERATION(event_channel_op, EVTCHNOP_, alloc_unbound),
    OPERATION(event_channel_op, EVTCHNOP_, bind_ipi),
    OPERATION(event_channel_op, EVTCHNOP_, bind_vcpu),
    OPERATION(event_channel_op, EVTCHNOP_, unmask),
    OPERATION(event_channel_op, EVTCHNOP_, expand_array),
    OPERATION(event_channel_op, EVTCHNOP_, set_priority),
    OPERATION(grant_table_op, GNTTABOP_, map_grant_ref),
    OPERATION(grant_table_op, GNTTABOP_, unmap_grant_ref),
    OPERATION(grant_table_op, GNTTABOP_, setup_table),
    OPERATION(grant_table_op, GNTTABOP_, copy),
    OPERATION(grant_table_op, GNTTABOP_, query_size),
    OPERATION(vcpu_op, VCPUOP_, initialise),
    OPERATION(vcpu_op, VCPUOP_, up),
    OPERATION(vcpu_op, VCPUOP_, down),
    OPERATION(vcpu_op, VCPUOP_, is_up),
    OPERATION(vcpu_op, VCPUOP_, get_runstate_info),
    OPERATION(vcpu_op, VCPUOP_, stop_periodic_timer),
    OPERATION(vcpu_op, VCPUOP_, set_singleshot_timer),
    OPERATION(vcpu_op, VCPUOP_, stop_singleshot_timer),
    OPERATION(vcpu_op, VCPUOP_, register_vcpu_info),
    OPERATION(memory_op, XENMEM_, increase_reservation),
    OPERATION(memory_op, XENMEM_, decrease_reservation),
    OPERATION(memory_op, XENMEM_, populate_physmap),
    OPERATION(memory_op, XENMEM_, exchange),
    OPERATION(memory_op, XENMEM_, memory_map),
    OPERATION(xen_version, XENVER_, version),
    OPERATION(xen_version, XENVER_, extraversion),
    OPERATION(xen_version, XENVER_, get_features),
};

static const struct {
    int number;
    const char *name;
} errnos[] = {
#define XEN_ERRNO(name, value) {value, #name},
#include "pvabi/errno.h"
};

static const char *const exceptions[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",
    "#TS", "#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM",
};

static const char *hypercall_name(unsigned int number)
{
    return number < HYPERCALL_COUNT && hypercalls[number].name ? hypercalls[number].name : "unknown";
}

static const char *operation_name(unsigned int hypercall, uint64_t value)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].hypercall == hypercall && operations[i].value == value) {
            return operations[i].name;
        }
    }
    return NULL;
}

static const char *errno_name(int64_t result)
{
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        if (errnos[i].number == -result) {
            return errnos[i].name;
        }
    }
    return NULL;
}

void trace_show_init(struct trace_show *show, FILE *out)
{
    *show = (struct trace_show){.out = out, .domain = -1};
    memset(show->wanted, 1, sizeof(show->wanted));
}

/* Marks what one word of a filter means; false for a word that means nothing. */
static bool want(struct trace_show *show, const char *word, size_t length)
{
    bool found = false;

    for (size_t i = 0; i < HYPERCALL_COUNT; i++) {
        const char *name = hypercalls[i].name;

        if (name && ((length == 10 && strncmp(word, "hypercalls", length) == 0) ||
                     (strlen(name) == length && strncmp(word, name, length) == 0))) {
            show->wanted[i] = found = true;
        }
    }
    if (length == 6 && strncmp(word, "faults", length) == 0) {
        show->wanted[TRACE_SHOW_FAULTS] = found = true;
    }
    if (length == 6 && strncmp(word, "events", length) == 0) {
        show->wanted[TRACE_SHOW_EVENTS] = found = true;
    }
    if (length == 8 && strncmp(word, "syscalls", length) == 0) {
        show->wanted[TRACE_SHOW_SYSCALLS] = found = true;
    }
    return found;
}

int trace_show_filter(struct trace_show *show, const char *list, struct pv_error *error)
{
    memset(show->wanted, 0, sizeof(show->wanted));
    while (*list) {
        size_t length = strcspn(list, ",");

        if (!want(show, list, length)) {
            return pv_error_set(error, PV_ERROR_USAGE,
                                "\"%.*s\" is no hypercall, nor hypercalls, faults or events", (int)length,
                                list);
        }
        list += length;
        list += *list == ',';
    }
    return 0;
}

static uint64_t wide(const uint32_t *words)
{
    return (uint64_t)words[1] << 32 | words[0];
}

static void count(struct trace_show *show, unsigned int kind, bool failed, uint64_t time)
{
    show->totals[kind].count++;
    show->totals[kind].errors += failed;
    show->totals[kind].time += time;
}

/* The beginning of each line, or of each JSON object. */
static void begin(struct trace_show *show, uint64_t time, uint32_t who)
{
    unsigned int domain = who >> 16, vcpu = who >> 8 & 0xff;

    if (show->json) {
        fprintf(show->out, "{\"time_ns\":%" PRIu64 ",\"domain\":%u,\"vcpu\":%u,", time, domain, vcpu);
    } else {
        fprintf(show->out, "%" PRIu64 ".%09" PRIu64 " d%uv%u ", time / 1000000000, time % 1000000000, domain,
                vcpu);
    }
}

static void print_arguments(struct trace_show *show, const struct trace_show_call *call)
{
    unsigned int most = call->number < HYPERCALL_COUNT ? hypercalls[call->number].arguments : 5;
    const char *operation = operation_name(call->number, call->args[0]);

    for (unsigned int i = 0; i < most; i++) {
        fputs(i ? (show->json ? "," : ", ") : "", show->out);
        if (show->json) {
            fprintf(show->out, "\"0x%" PRIx64 "\"", call->args[i]);
        } else if (i == 0 && operation) {
            fputs(operation, show->out);
        } else {
            fprintf(show->out, call->args[i] < 10 ? "%" PRIu64 : "0x%" PRIx64, call->args[i]);
        }
    }
}

static void print_call(struct trace_show *show, const struct trace_show_call *call, uint32_t who,
                       uint64_t end, int64_t result)
{
    const char *name = hypercall_name(call->number), *operation = operation_name(call->number, call->args[0]);
    const char *error = result < 0 && result >= -ERRNO_MAX ? errno_name(result) : NULL;

    begin(show, call->start, who);
    fprintf(show->out, show->json ? "\"hypercall\":\"%s\",\"arguments\":[" : "%s(", name);
    print_arguments(show, call);
    if (show->json) {
        fprintf(show->out,
                "],\"operation\":\"%s\",\"result\":%" PRId64 ",\"error\":\"%s\",\"duration_ns\":%" PRIu64
                "}\n",
                operation ? operation : "", result, error ? error : "", end - call->start);
    } else {
        fprintf(show->out, ") = %" PRId64 "%s%s <%" PRIu64 ".%03" PRIu64 " us>\n", result, error ? " " : "",
                error ? error : "", (end - call->start) / 1000, (end - call->start) % 1000);
    }
}

static void end_call(struct trace_show *show, struct trace_show_call *call,
                     const struct pv_trace_record *record)
{
    int64_t result = (int64_t)wide(record->words + 1);
    bool failed = result < 0 && result >= -ERRNO_MAX;

    if (!call->open || call->number != (record->words[0] & 0xff) || record->time < call->start) {
        return;
    }
    call->open = false;
    if (!show->wanted[call->number]) {
        return;
    }
    count(show, call->number, failed, record->time - call->start);
    if (!show->sums) {
        print_call(show, call, record->words[0], record->time, result);
    }
}

static void show_exception(struct trace_show *show, const struct pv_trace_record *record)
{
    unsigned int vector = record->words[0] & 0xff;
    const char *name = vector < sizeof(exceptions) / sizeof(exceptions[0]) ? exceptions[vector] : "interrupt";

    if (!show->wanted[TRACE_SHOW_FAULTS]) {
        return;
    }
    count(show, TRACE_SHOW_FAULTS, false, 0);
    if (show->sums) {
        return;
    }
    begin(show, record->time, record->words[0]);
    fprintf(show->out,
            show->json ? "\"exception\":\"%s\",\"error\":%u,\"rip\":\"0x%" PRIx64
                         "\",\"address\":\"0x%" PRIx64 "\"}\n"
                       : "--- %s error %u at 0x%" PRIx64 ", address 0x%" PRIx64 " ---\n",
            name, record->words[1], wide(record->words + 2), wide(record->words + 4));
}

static void show_event(struct trace_show *show, const struct pv_trace_record *record)
{
    if (!show->wanted[TRACE_SHOW_EVENTS]) {
        return;
    }
    count(show, TRACE_SHOW_EVENTS, false, 0);
    if (!show->sums) {
        begin(show, record->time, record->words[0]);
        fprintf(show->out, show->json ? "\"event\":%u}\n" : "--- event on port %u ---\n", record->words[1]);
    }
}

static void show_syscall(struct trace_show *show, const struct pv_trace_record *record)
{
    if (!show->wanted[TRACE_SHOW_SYSCALLS]) {
        return;
    }
    count(show, TRACE_SHOW_SYSCALLS, false, 0);
    if (!show->sums) {
        begin(show, record->time, record->words[0]);
        fprintf(show->out,
                show->json ? "\"syscall\":%" PRIu64 ",\"rip\":\"0x%" PRIx64 "\"}\n"
                           : "--- system call %" PRIu64 " before 0x%" PRIx64 " ---\n",
                wide(record->words + 1), wide(record->words + 3));
    }
}

static void show_lost(struct trace_show *show, const struct pv_trace_record *record)
{
    show->lost += record->words[0];
    /* Calls whose end may be among them are not known any more. */
    memset(show->calls, 0, sizeof(show->calls));
    if (!show->sums) {
        fprintf(show->out,
                show->json ? "{\"lost\":%u,\"cpu\":%u}\n" : "--- %u records were lost on CPU %u ---\n",
                record->words[0], record->cpu);
    }
}

void trace_show_record(struct trace_show *show, const struct pv_trace_record *record)
{
    struct trace_show_call *call = &show->calls[(record->words[0] >> 8 & 0xff) % TRACE_SHOW_VCPUS];

    if (record->event == TRC_LOST_RECORDS) {
        show_lost(show, record);
        return;
    }
    if (show->domain >= 0 && record->words[0] >> 16 != (uint32_t)show->domain) {
        return;
    }
    switch (record->event) {
    case PVABI_TRC_HYPERCALL:
        *call =
            (struct trace_show_call){.open = true, .number = record->words[0] & 0xff, .start = record->time};
        for (unsigned int i = 0; i < 3; i++) {
            call->args[i] = wide(record->words + 1 + 2 * i);
        }
        break;
    case PVABI_TRC_ARGUMENTS:
        call->args[3] = wide(record->words + 1);
        call->args[4] = wide(record->words + 3);
        break;
    case PVABI_TRC_RESULT:
        end_call(show, call, record);
        break;
    case PVABI_TRC_EXCEPTION:
        show_exception(show, record);
        break;
    case PVABI_TRC_EVENT:
        show_event(show, record);
        break;
    case PVABI_TRC_SYSCALL:
        show_syscall(show, record);
        break;
    default:
        break;
    }
}

static void print_sum(struct trace_show *show, unsigned int kind, const char *name)
{
    const struct trace_show_sum *sum = &show->totals[kind];

    if (sum->count == 0) {
        return;
    }
    fprintf(show->out,
            show->json ? "{\"name\":\"%s\",\"count\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"time_ns\":%" PRIu64
                         "}\n"
                       : "%-30s %12" PRIu64 " %10" PRIu64 " %16" PRIu64 "\n",
            name, sum->count, sum->errors, sum->time);
}

void trace_show_end(struct trace_show *show)
{
    if (show->sums) {
        if (!show->json) {
            fprintf(show->out, "%-30s %12s %10s %16s\n", "", "count", "errors", "nanoseconds");
        }
        for (unsigned int number = 0; number < TRACE_SHOW_NUMBERS; number++) {
            print_sum(show, number, hypercall_name(number));
        }
        print_sum(show, TRACE_SHOW_FAULTS, "faults");
        print_sum(show, TRACE_SHOW_EVENTS, "events");
        print_sum(show, TRACE_SHOW_SYSCALLS, "syscalls");
    }
    if (show->lost && (show->sums || !show->json)) {
        fprintf(show->out, show->json ? "{\"lost\":%" PRIu64 "}\n" : "%" PRIu64 " records were lost\n",
                show->lost);
    }
    fflush(show->out);
}
