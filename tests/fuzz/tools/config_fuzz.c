/* SPDX-License-Identifier: MIT */
/* Fuzzes the configuration: what is accepted obeys the table's limits and survives being written and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check(const struct pv_config *config)
{
    size_t length = strlen(config->name);

    demand(length >= 1 && length <= pv_schema[PV_KEY_NAME].most && !strchr(config->name, '/'));
    demand(config->memory >= pv_schema[PV_KEY_MEMORY].least &&
           config->memory <= pv_schema[PV_KEY_MEMORY].most);
    demand(config->memory % 4096 == 0 && config->max_memory >= config->memory);
    demand(config->vcpus >= 1 && config->vcpus <= config->max_vcpus);
    demand(config->max_vcpus <= pv_schema[PV_KEY_MAX_VCPUS].most);
    demand(config->cpu_weight <= UINT16_MAX && config->cpu_cap <= UINT16_MAX);
    demand(config->on_crash <= PV_ACTION_PRESERVE && config->on_reboot <= PV_ACTION_PRESERVE);
    demand(strlen(config->cmdline) <= pv_schema[PV_KEY_CMDLINE].most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_error error = {0};
    struct pv_config *config = pv_config_parse("fuzz.json", (const char *)data, size, NULL, 0, &error),
                     *again;
    char *text;

    if (!config) {
        demand(error.class != PV_ERROR_NONE && strncmp(error.message, "fuzz.json", strlen("fuzz.json")) == 0);
        return 0;
    }
    check(config);
    text = pv_config_text(config);
    if (text) {
        again = pv_config_parse("again.json", text, strlen(text), NULL, 0, &error);
        demand(again != NULL);
        demand(strcmp(again->name, config->name) == 0 && again->memory == config->memory);
        pv_config_free(again);
    }
    free(text);
    pv_config_free(config);
    return 0;
}
