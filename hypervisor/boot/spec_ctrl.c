/* SPDX-License-Identifier: MIT */
/* spec-ctrl=: "no" for nothing at all, else words that each take "=yes" or "=no", or stand alone for yes. */
#include "boot/spec_ctrl.h"

#include "boot/command_line.h"
#include "lib/string.h"

enum part {
    PART_NONE = 0, /* known to Xen; here it is always so, or there is nothing for it */
    PART_MSR_SC = 1,
    PART_RSB = 2,
    PART_MD_CLEAR = 4,
    PART_IBPB_ENTRY = 8,
    PART_IBPB = 16,
    PART_IBRS = 32,
    PART_STIBP = 64,
    PART_SSBD = 128,
    PART_PV = PART_MSR_SC | PART_RSB | PART_MD_CLEAR,
    PART_ALL = 255,
};

static const struct {
    const char *name;
    enum part parts;
} words[] = {
    {"xen", PART_ALL},           {"pv", PART_PV},           {"hvm", PART_NONE},
    {"msr-sc", PART_MSR_SC},     {"rsb", PART_RSB},         {"md-clear", PART_MD_CLEAR},
    {"verw", PART_MD_CLEAR},     {"ibpb", PART_IBPB},       {"ibpb-entry", PART_IBPB_ENTRY},
    {"ibrs", PART_IBRS},         {"stibp", PART_STIBP},     {"ssbd", PART_SSBD},
    {"bti-thunk", PART_NONE},    {"psfd", PART_NONE},       {"eager-fpu", PART_NONE},
    {"l1d-flush", PART_NONE},    {"l1tf-barrier", PART_NONE}, {"branch-harden", PART_NONE},
    {"srb-lock", PART_NONE},     {"unpriv-mmio", PART_NONE}, {"gds-mit", PART_NONE},
    {"div-scrub", PART_NONE},
};

static void choose(struct x86_speculation_options *o, unsigned int parts, bool on)
{
    enum x86_choice *const choices[] = {&o->msr_sc, &o->rsb,  &o->md_clear, &o->ibpb_entry,
                                        &o->ibpb,   &o->ibrs, &o->stibp,    &o->ssbd};

    for (unsigned int i = 0; i < ARRAY_SIZE(choices); i++) {
        if (parts >> i & 1) {
            *choices[i] = on ? X86_CHOICE_ON : X86_CHOICE_OFF;
        }
    }
}

/* "pv" and "hvm" limit some words to a kind of guests: "msr-sc=pv". */
static bool parse_on(const char *value, size_t length, bool *on)
{
    if (value && length == 3 && memcmp(value, "hvm", 3) == 0) {
        *on = false;
        return true;
    }
    if (value && length == 2 && memcmp(value, "pv", 2) == 0) {
        *on = true;
        return true;
    }
    return boot_parse_bool(value, length, on);
}

static bool parse_part(const char *part, size_t length, struct x86_speculation_options *o)
{
    bool negated = length > 3 && memcmp(part, "no-", 3) == 0, on;
    size_t name = 0;

    if (boot_parse_bool(part, length, &on)) {
        choose(o, on ? PART_NONE : PART_ALL, on);
        return true;
    }
    part += negated ? 3 : 0;
    length -= negated ? 3 : 0;
    while (name < length && part[name] != '=') {
        name++;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        if (strlen(words[i].name) != name || memcmp(words[i].name, part, name) != 0) {
            continue;
        }
        if (words[i].parts == PART_NONE) {
            return true;
        }
        if (!parse_on(name < length ? part + name + 1 : NULL, name < length ? length - name - 1 : 0, &on)) {
            return false;
        }
        choose(o, words[i].parts, on != negated);
        return true;
    }
    return false;
}

bool boot_spec_ctrl_parse(const char *value, size_t length, struct x86_speculation_options *options)
{
    while (value && length > 0) {
        size_t part = 0;

        while (part < length && value[part] != ',') {
            part++;
        }
        if (!parse_part(value, part, options)) {
            return false;
        }
        part += part < length;
        value += part;
        length -= part;
    }
    return value != NULL;
}
