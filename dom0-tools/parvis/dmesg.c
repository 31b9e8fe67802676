/* SPDX-License-Identifier: MIT */
/* parvis dmesg: the hypervisor's log. */
#include <stdio.h>

#include "lib/sysctl.h"
#include "parvis/command.h"

static const struct command_option options[] = {
    {'c', "clear", NULL, "empty the log after showing it"},
    COMMAND_OPTIONS_END,
};

static int show(struct pv_ctx *ctx, struct pv_error *error)
{
    char text[16384];
    uint32_t index = 0;
    bool all = true;
    long got;

    while ((got = pv_sysctl_log(ctx, text, sizeof(text), all, &index, error)) > 0) {
        fwrite(text, 1, (size_t)got, stdout);
        all = false;
    }
    return (int)got;
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    struct pv_ctx *ctx = pv_ctx_open(error);
    int result;

    if (!ctx) {
        return -1;
    }
    result = show(ctx, error);
    if (result == 0 && option_given(invocation, 'c')) {
        result = pv_sysctl_log_clear(ctx, error);
    }
    pv_ctx_close(ctx);
    return result;
}

const struct command command_dmesg = {
    .name = "dmesg",
    .usage = "[--clear]",
    .summary = "Shows the hypervisor's log",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
