/* SPDX-License-Identifier: MIT */
/* Parses the hypervisor's command line. One table of keys; a word that is none of them is an error that names
 * it. */
#include "boot/command_line.h"
#include "boot/spec_ctrl.h"
#include "lib/string.h"

struct option {
    const char *key;
    bool (*set)(const char *value, size_t length); /* value is NULL for a word without '=' */
    const char *help;
};

struct boot_options boot_options = {
    .console = 1,
    .log_level = LOG_INFO,
    .guest_log_level = LOG_WARNING,
    .scheduler = "fair",
};

bool boot_parse_size(const char *text, size_t length, uint64_t *bytes)
{
    static const struct {
        char unit;
        unsigned int shift;
    } units[] = {{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}, {'B', 0}};
    unsigned int shift = 10;
    uint64_t n = 0;
    size_t i = 0;

    for (; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
        if (n > (1ull << 50)) {
            return false;
        }
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    if (i == 0) {
        return false;
    }
    if (i < length) {
        bool found = false;

        for (unsigned int u = 0; u < ARRAY_SIZE(units) && i + 1 == length; u++) {
            if ((text[i] & ~0x20) == units[u].unit) {
                shift = units[u].shift;
                found = true;
            }
        }
        if (!found) {
            return false;
        }
    }
    *bytes = n << shift;
    return n <= UINT64_MAX >> shift && n != 0;
}

static bool parse_number(const char *text, size_t length, uint32_t *n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > 100000) {
            return false;
        }
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *n = (uint32_t)value;
    return length != 0;
}

/* "SIZE" or "SIZE,max:SIZE", each part once, in any order. */
static bool set_dom0_memory(const char *value, size_t length)
{
    while (value && length > 0) {
        size_t part = 0;
        bool max = length > 4 && memcmp(value, "max:", 4) == 0;

        while (part < length && value[part] != ',') {
            part++;
        }
        if (!boot_parse_size(value + (max ? 4 : 0), part - (max ? 4 : 0),
                             max ? &boot_options.dom0_memory_max : &boot_options.dom0_memory)) {
            return false;
        }
        if (part == length) {
            return true;
        }
        value += part + 1;
        length -= part + 1;
    }
    return false;
}

static bool set_dom0_vcpus(const char *value, size_t length)
{
    return value && parse_number(value, length, &boot_options.dom0_vcpus) && boot_options.dom0_vcpus >= 1 &&
           boot_options.dom0_vcpus <= 128;
}

static bool set_cpus(const char *value, size_t length)
{
    return value && parse_number(value, length, &boot_options.cpus) && boot_options.cpus >= 1;
}

static bool is(const char *value, size_t length, const char *word)
{
    return value && length == strlen(word) && memcmp(value, word, length) == 0;
}

static bool set_console(const char *value, size_t length)
{
    boot_options.console = is(value, length, "com1") ? 1 : is(value, length, "com2") ? 2 : 0;
    return boot_options.console != 0 || is(value, length, "none");
}

static bool set_com(unsigned int com, const char *value, size_t length)
{
    static char text[2][32];

    if (!value || length >= sizeof(text[0])) {
        return false;
    }
    memcpy(text[com], value, length);
    text[com][length] = '\0';
    boot_options.com[com] = text[com];
    return true;
}

static bool set_com1(const char *value, size_t length)
{
    return set_com(0, value, length);
}

static bool set_com2(const char *value, size_t length)
{
    return set_com(1, value, length);
}

/* Xen's words, where "all" means everything and a pair "a/b" a rate-limited second level that has no meaning
 * here. */
static bool parse_level(const char *value, size_t length, enum log_level *level)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {{"none", LOG_ERROR}, {"error", LOG_ERROR}, {"warning", LOG_WARNING},
                 {"info", LOG_INFO},  {"debug", LOG_DEBUG}, {"all", LOG_DEBUG}};
    size_t part = 0;

    while (value && part < length && value[part] != '/') {
        part++;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        if (is(value, part, words[i].word)) {
            *level = words[i].level;
            return true;
        }
    }
    return false;
}

static bool set_loglvl(const char *value, size_t length)
{
    return parse_level(value, length, &boot_options.log_level);
}

static bool set_guest_loglvl(const char *value, size_t length)
{
    return parse_level(value, length, &boot_options.guest_log_level);
}

/* Xen's words for on and off; nothing means on. */
bool boot_parse_bool(const char *value, size_t length, bool *on)
{
    *on = !(is(value, length, "no") || is(value, length, "off") || is(value, length, "0") ||
            is(value, length, "false") || is(value, length, "disable"));
    return !value || !*on || is(value, length, "yes") || is(value, length, "on") || is(value, length, "1") ||
           is(value, length, "true") || is(value, length, "enable");
}

static bool set_preempt_stats(const char *value, size_t length)
{
    return boot_parse_bool(value, length, &boot_options.preempt_stats);
}

static bool set_noreboot(const char *value, size_t length)
{
    return boot_parse_bool(value, length, &boot_options.noreboot);
}

static bool set_linear_tables(const char *value, size_t length)
{
    bool on, good = boot_parse_bool(value, length, &on);

    boot_options.linear_tables_off = !on;
    return good;
}

/* One part of pv-l1tf or xpti: a word for both, or "dom0" or "domu", alone or with "=" and a word. */
static bool set_domains_part(const char *part, size_t length, struct boot_choice *to)
{
    bool first = length >= 4 && memcmp(part, "dom0", 4) == 0;
    bool others = length >= 4 && memcmp(part, "domu", 4) == 0;
    size_t skip = first || others ? 4 : 0;
    bool on, named = skip && length > skip && part[skip] == '=';
    enum x86_choice choice;

    if (skip && length > skip && !named) {
        return false;
    }
    if (!boot_parse_bool(skip && !named ? NULL : part + skip + named, length - skip - named, &on)) {
        return false;
    }
    choice = on ? X86_CHOICE_ON : X86_CHOICE_OFF;
    if (!others) {
        to->dom0 = choice;
    }
    if (!first) {
        to->domu = choice;
    }
    return true;
}

static bool set_domains(const char *value, size_t length, struct boot_choice *to)
{
    bool good = value != NULL;

    while (good && length > 0) {
        size_t part = 0;

        while (part < length && value[part] != ',') {
            part++;
        }
        good = set_domains_part(value, part, to);
        part += part < length;
        value += part;
        length -= part;
    }
    return good;
}

static bool set_l1tf(const char *value, size_t length)
{
    return set_domains(value, length, &boot_options.l1tf);
}

static bool set_xpti(const char *value, size_t length)
{
    return is(value, length, "default") || set_domains(value, length, &boot_options.xpti);
}

static bool set_spec_ctrl(const char *value, size_t length)
{
    return boot_spec_ctrl_parse(value, length, &boot_options.speculation);
}

static bool set_console_to_ring(const char *value, size_t length)
{
    return boot_parse_bool(value, length, &boot_options.console_to_ring);
}

static bool set_sched(const char *value, size_t length)
{
    if (!value || length >= sizeof(boot_options.scheduler)) {
        return false;
    }
    memcpy(boot_options.scheduler, value, length);
    boot_options.scheduler[length] = '\0';
    return true;
}

static bool set_tsc(const char *value, size_t length)
{
    boot_options.tsc_unstable = is(value, length, "unstable");
    return boot_options.tsc_unstable;
}

static const struct option options[] = {
    {"dom0_mem", set_dom0_memory, "SIZE[,max:SIZE], as in 512M"},
    {"dom0_max_vcpus", set_dom0_vcpus, "a number from 1 to 128"},
    {"maxcpus", set_cpus, "a number from 1"},
    {"console", set_console, "com1, com2 or none"},
    {"com1", set_com1, "BAUD[,8n1]"},
    {"com2", set_com2, "BAUD[,8n1]"},
    {"loglvl", set_loglvl, "none, error, warning, info, debug or all"},
    {"guest_loglvl", set_guest_loglvl, "none, error, warning, info, debug or all"},
    {"noreboot", set_noreboot, "nothing, or yes or no"},
    {"console_to_ring", set_console_to_ring, "nothing, or yes or no"},
    {"preempt-stats", set_preempt_stats, "nothing, or yes or no"},
    {"sched", set_sched, "fair or null"},
    {"tsc", set_tsc, "unstable"},
    {"pv-linear-pt", set_linear_tables, "nothing, or yes or no"},
    {"pv-l1tf", set_l1tf, "yes or no, or dom0=yes,domu=yes and the like"},
    {"spec-ctrl", set_spec_ctrl, "yes or no, or words such as rsb=yes,md-clear=yes,ibpb=no"},
    {"xpti", set_xpti, "default, yes or no, or dom0=yes,domu=yes and the like"},
};

static bool parse_word(const char *word, size_t length)
{
    size_t key = 0;

    while (key < length && word[key] != '=') {
        key++;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
        if (strlen(options[i].key) == key && memcmp(word, options[i].key, key) == 0) {
            bool has_value = key < length;

            if (options[i].set(has_value ? word + key + 1 : NULL, has_value ? length - key - 1 : 0)) {
                return true;
            }
            log_error("command line: \"%.*s\": %s takes %s", (int)length, word, options[i].key,
                      options[i].help);
            return false;
        }
    }
    log_error("command line: \"%.*s\" is no option of Parvis", (int)length, word);
    return false;
}

bool boot_options_parse(const char *line)
{
    bool good = true;

    while (*line) {
        size_t length = 0;

        while (line[length] && line[length] != ' ') {
            length++;
        }
        if (length > 0) {
            good = parse_word(line, length) && good;
        }
        line += line[length] ? length + 1 : length;
    }
    return good;
}
