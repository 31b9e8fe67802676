/* SPDX-License-Identifier: MIT */
/* What the tests of configurations share: a text parsed, and a text refused with one message. */
#ifndef TOOLS_CONFIG_BENCH_H
#define TOOLS_CONFIG_BENCH_H

#include <check.h>
#include <string.h>

#include "lib/config.h"

static struct pv_error error;

static inline struct pv_config *parse_with(const char *text, char *const overrides[], size_t count)
{
    memset(&error, 0, sizeof(error));
    return pv_config_parse("web.json", text, strlen(text), overrides, count, &error);
}

static inline struct pv_config *parse(const char *text)
{
    return parse_with(text, NULL, 0);
}

/* The text is refused with exactly this message, as a mistake of the configuration. */
static inline void refuse(const char *text, const char *message)
{
    struct pv_config *config = parse(text);

    ck_assert_ptr_null(config);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.class, PV_ERROR_USAGE);
}

#endif
