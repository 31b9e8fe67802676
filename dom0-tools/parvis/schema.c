/* SPDX-License-Identifier: MIT */
/* parvis schema: the keys of a configuration, for persons and programs. */
#include "lib/schema.h"

#include <stdio.h>
#include <string.h>

#include "parvis/command.h"

static const struct command_option options[] = {
    {'o', "output", "FORMAT", "text (the default), json (JSON Schema), markdown or man"},
    COMMAND_OPTIONS_END,
};

static int run(const struct invocation *invocation, struct pv_error *error)
{
    static const char *const names[] = {
        [PV_SCHEMA_TEXT] = "text",
        [PV_SCHEMA_JSON] = "json",
        [PV_SCHEMA_MARKDOWN] = "markdown",
        [PV_SCHEMA_MAN] = "man",
    };
    const char *name = option_given(invocation, 'o') ? invocation->values['o'] : "text";

    for (unsigned int format = 0; format < sizeof(names) / sizeof(names[0]); format++) {
        if (strcmp(names[format], name) == 0) {
            return pv_schema_print(stdout, (enum pv_schema_format)format, error);
        }
    }
    return pv_error_set(error, PV_ERROR_USAGE,
                        "\"%s\" is no output format; there are text, json, markdown and man", name);
}

const struct command command_schema = {
    .name = "schema",
    .usage = "[-o FORMAT]",
    .summary = "Describes the keys of a configuration",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
