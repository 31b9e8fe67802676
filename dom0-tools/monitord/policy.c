/* SPDX-License-Identifier: MIT */
/* What is to be done when a guest has ended. */
#include "monitord/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/domctl.h"

#define POLICY_DELAY_MAX_S     60
#define POLICY_DELAY_DOUBLINGS 6

static enum policy_verdict policy_of_action(uint64_t action)
{
    switch (action) {
    case PV_ACTION_RESTART:
        return POLICY_RESTART;
    case PV_ACTION_PRESERVE:
        return POLICY_PRESERVE;
    default:
        return POLICY_DESTROY;
    }
}

enum policy_verdict policy_decide(unsigned int shutdown_code, const struct pv_config *config)
{
    if (shutdown_code == PV_SHUTDOWN_SUSPEND) {
        return POLICY_LEAVE;
    }
    if (!config) {
        return POLICY_DESTROY;
    }
    switch (shutdown_code) {
    case PV_SHUTDOWN_POWEROFF:
        return policy_of_action(config->on_poweroff);
    case PV_SHUTDOWN_REBOOT:
        return policy_of_action(config->on_reboot);
    default:
        return policy_of_action(config->on_crash);
    }
}

const char *policy_key(unsigned int shutdown_code)
{
    switch (shutdown_code) {
    case PV_SHUTDOWN_POWEROFF:
        return "on_poweroff";
    case PV_SHUTDOWN_REBOOT:
        return "on_reboot";
    default:
        return "on_crash";
    }
}

void policy_format(const struct policy_record *record, char text[POLICY_RECORD_SIZE])
{
    snprintf(text, POLICY_RECORD_SIZE, "%s %" PRIu32 " %" PRIu64 " %" PRIu32,
             record->pending ? "pending" : "done", record->count, record->time_s, record->tries);
}

bool policy_parse(const char *text, struct policy_record *record)
{
    char word[8];

    if (sscanf(text, "%7s %" SCNu32 " %" SCNu64 " %" SCNu32, word, &record->count, &record->time_s,
               &record->tries) != 4) {
        return false;
    }
    record->pending = !strcmp(word, "pending");
    return record->pending || !strcmp(word, "done");
}

static bool policy_in_loop(const struct policy_record *record, uint64_t now_s)
{
    return record && now_s - record->time_s < POLICY_LOOP_S;
}

uint64_t policy_delay(const struct policy_record *record, uint64_t now_s)
{
    uint32_t doublings;

    if (!policy_in_loop(record, now_s)) {
        return 0;
    }
    doublings = record->count < POLICY_DELAY_DOUBLINGS ? record->count : POLICY_DELAY_DOUBLINGS;
    return doublings == POLICY_DELAY_DOUBLINGS ? POLICY_DELAY_MAX_S : (1ULL << doublings) / 2;
}

struct policy_record policy_next(const struct policy_record *record, uint64_t now_s)
{
    return (struct policy_record){
        .pending = true,
        .count = policy_in_loop(record, now_s) ? record->count + 1 : 1,
        .time_s = now_s,
    };
}
