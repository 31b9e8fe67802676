/* SPDX-License-Identifier: MIT */
/* The documentation of the configuration, from its table: text, JSON Schema, Markdown, man page. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/device.h"
#include "lib/json.h"
#include "lib/schema.h"

static const char *type_words(const struct pv_schema_entry *entry)
{
    static const char *const words[] = {
        [PV_TYPE_NAME] = "name",       [PV_TYPE_TEXT] = "string",    [PV_TYPE_PATH] = "path",
        [PV_TYPE_SIZE] = "size",       [PV_TYPE_INTEGER] = "number", [PV_TYPE_CHOICE] = "choice",
        [PV_TYPE_UUID] = "uuid",       [PV_TYPE_TARGET] = "name",    [PV_TYPE_MAC] = "address",
        [PV_TYPE_RATE] = "rate",       [PV_TYPE_VLANS] = "vlans",    [PV_TYPE_LIST] = "list",
        [PV_TYPE_BOOL] = "bool",
    };

    return words[entry->type];
}

/* "1 to 32", "1M to 1T", "destroy, restart, preserve", or empty. */
static void limits_words(const struct pv_schema_entry *entry, char *text, size_t size)
{
    char least[PV_SIZE_TEXT], most[PV_SIZE_TEXT];

    text[0] = '\0';
    if (entry->type == PV_TYPE_SIZE) {
        snprintf(text, size, "%s to %s", pv_size_text(entry->least, least), pv_size_text(entry->most, most));
    } else if (entry->type == PV_TYPE_INTEGER) {
        snprintf(text, size, "%" PRIu64 " to %" PRIu64, entry->least, entry->most);
    } else if (entry->type == PV_TYPE_RATE) {
        snprintf(text, size, "%s to %s", pv_rate_text(entry->least, least), pv_rate_text(entry->most, most));
    } else if (entry->type == PV_TYPE_LIST) {
        snprintf(text, size, "at most %zu", entry->list->most);
    } else if (entry->type == PV_TYPE_TEXT || entry->type == PV_TYPE_NAME) {
        snprintf(text, size, "at most %" PRIu64 " bytes", entry->most);
    }
    for (size_t i = 0; entry->choices && entry->choices[i]; i++) {
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i ? ", " : "", entry->choices[i]);
    }
}

static const char *default_words(const struct pv_schema_entry *entry)
{
    if (entry->required) {
        return "required";
    }
    if (entry->fallback) {
        return entry->fallback[0] ? entry->fallback : "empty";
    }
    return entry->fallback_help;
}

static void print_text(FILE *out, const struct pv_schema_entry *entries, size_t count, const char *prefix)
{
    char limits[128], name[64];

    for (size_t key = 0; key < count; key++) {
        const struct pv_schema_entry *entry = &entries[key];

        limits_words(entry, limits, sizeof(limits));
        snprintf(name, sizeof(name), "%s%s", prefix, entry->key);
        fprintf(out, "%-16s %-7s %s%s%s%s\n                 %s\n", name, type_words(entry), limits,
                limits[0] ? "; " : "", entry->required ? "" : "default: ", default_words(entry), entry->help);
        if (entry->type == PV_TYPE_LIST) {
            snprintf(name, sizeof(name), "%s[].", entry->key);
            print_text(out, entry->list->entries, entry->list->entry_count, name);
        }
    }
}

static void print_markdown_table(FILE *out, const struct pv_schema_entry *entries, size_t count)
{
    char limits[128];

    fputs("| key | type | limits | default | |\n|---|---|---|---|---|\n", out);
    for (size_t key = 0; key < count; key++) {
        const struct pv_schema_entry *entry = &entries[key];

        limits_words(entry, limits, sizeof(limits));
        fprintf(out, "| `%s` | %s | %s | %s | %s |\n", entry->key, type_words(entry), limits, default_words(entry),
                entry->help);
    }
}

static void print_markdown(FILE *out)
{
    fputs("# A domain's configuration\n\n"
          "Made from the table of keys by `parvis schema -o markdown`; change it there (`dom0-tools/lib/schema.c`).\n\n"
          "A domain is described by a JSON object. A number stands for a number, everything else is a string;\n"
          "sizes have a unit, `K`, `M`, `G` or `T`, each 1024 of the one before: `\"512M\"`. `parvis create`\n"
          "takes `KEY=VALUE` after the file to override keys. A key that is unknown, of the wrong type or given\n"
          "twice, and a value that cannot be, is one error that names file, line and key; nothing has been\n"
          "started then. A list is an array of objects with the keys of their own tables; as an override it is\n"
          "written as JSON and takes the place of the file's.\n\n", out);
    print_markdown_table(out, pv_schema, PV_KEY_COUNT);
    for (int key = 0; key < PV_KEY_COUNT; key++) {
        if (pv_schema[key].type == PV_TYPE_LIST) {
            fprintf(out, "\n## Each of `%s`\n\n", pv_schema[key].key);
            print_markdown_table(out, pv_schema[key].list->entries, pv_schema[key].list->entry_count);
        }
    }
    fputs("\nAn example:\n\n```json\n{\n  \"name\": \"web\",\n  \"kernel\": \"/boot/vmlinuz\",\n"
          "  \"ramdisk\": \"/boot/web.cpio.gz\",\n  \"cmdline\": \"console=hvc0\",\n  \"memory\": \"512M\",\n"
          "  \"vcpus\": 2,\n  \"on_crash\": \"preserve\",\n"
          "  \"disks\": [{\"source\": \"/var/lib/web.img\"}],\n"
          "  \"networks\": [{\"bridge\": \"br0\", \"rate\": \"100Mb/s\"}]\n}\n```\n", out);
}

/* Troff takes a dash and a leading dot for itself. */
static void print_troff(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') {
            fputc('\\', out);
        }
        if (*text != '`') {
            fputc(*text, out);
        }
    }
}

static void print_man_keys(FILE *out, const struct pv_schema_entry *entries, size_t count)
{
    char limits[128];

    for (size_t key = 0; key < count; key++) {
        const struct pv_schema_entry *entry = &entries[key];

        limits_words(entry, limits, sizeof(limits));
        fprintf(out, ".TP\n.B %s\n(", entry->key);
        print_troff(out, type_words(entry));
        fputs(limits[0] ? ", " : "", out);
        print_troff(out, limits);
        fputs(entry->required ? ", " : ", default: ", out);
        print_troff(out, default_words(entry));
        fputs(") ", out);
        print_troff(out, entry->help);
        fputc('\n', out);
    }
}

static void print_man(FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: MIT\n"
          ".\\\" Made from the table of keys by parvis schema \\-o man; change it there.\n"
          ".TH PARVIS.JSON 5\n.SH NAME\nparvis.json \\- configuration of a domain\n.SH DESCRIPTION\n"
          "A domain is described by a JSON object. A number stands for a number, everything else is a string; sizes "
          "have a unit,\nK, M, G or T, each 1024 of the one before: \"512M\".\n"
          "A key that is unknown, of the wrong type or given twice, and a value that cannot be, is one error that "
          "names file,\nline and key; nothing has been started then.\n"
          "A list is an array of objects; as an override it is written as JSON.\n.SH KEYS\n", out);
    print_man_keys(out, pv_schema, PV_KEY_COUNT);
    for (int key = 0; key < PV_KEY_COUNT; key++) {
        if (pv_schema[key].type == PV_TYPE_LIST) {
            fprintf(out, ".SH KEYS OF EACH OF %s\n", pv_schema[key].key);
            print_man_keys(out, pv_schema[key].list->entries, pv_schema[key].list->entry_count);
        }
    }
    fputs(".SH EXAMPLE\n.nf\n{\n  \"name\": \"web\",\n  \"kernel\": \"/boot/vmlinuz\",\n"
          "  \"ramdisk\": \"/boot/web.cpio.gz\",\n  \"cmdline\": \"console=hvc0\",\n  \"memory\": \"512M\",\n"
          "  \"vcpus\": 2,\n  \"disks\": [{\"source\": \"/var/lib/web.img\"}],\n"
          "  \"networks\": [{\"bridge\": \"br0\"}]\n}\n.fi\n.SH SEE ALSO\n.BR parvis (1)\n", out);
}

static void write_object(struct pv_json_writer *writer, const struct pv_schema_entry *entries, size_t count);

static void write_list(struct pv_json_writer *writer, const struct pv_schema_list *list)
{
    pv_json_member_integer(writer, "maxItems", (long long)list->most);
    pv_json_key(writer, "items");
    pv_json_open(writer, PV_JSON_OBJECT);
    write_object(writer, list->entries, list->entry_count);
    pv_json_close(writer, PV_JSON_OBJECT);
}

/* What a string must look like; NULL: anything. */
static const char *pattern(enum pv_schema_type type)
{
    static const char *const patterns[] = {
        [PV_TYPE_SIZE] = "^[0-9]+[KMGTkmgt](iB)?$",   [PV_TYPE_NAME] = "^[A-Za-z0-9][A-Za-z0-9._-]*$",
        [PV_TYPE_TARGET] = "^xvd[a-z]{1,2}[0-9]*$",   [PV_TYPE_MAC] = "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
        [PV_TYPE_RATE] = "^[0-9]+[KMGkmg]?[bB]/s$",   [PV_TYPE_VLANS] = "^[0-9]+(-[0-9]+)?( [0-9]+(-[0-9]+)?)*$",
        [PV_TYPE_LIST] = NULL,
    };

    return patterns[type];
}

static const char *json_type(enum pv_schema_type type)
{
    return type == PV_TYPE_INTEGER ? "integer"
           : type == PV_TYPE_LIST  ? "array"
           : type == PV_TYPE_BOOL  ? "boolean"
                                   : "string";
}

static void write_property(struct pv_json_writer *writer, const struct pv_schema_entry *entry)
{
    pv_json_key(writer, entry->key);
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "type", json_type(entry->type));
    pv_json_member_string(writer, "description", entry->help);
    if (entry->type == PV_TYPE_INTEGER) {
        pv_json_member_integer(writer, "minimum", (long long)entry->least);
        pv_json_member_integer(writer, "maximum", (long long)entry->most);
    } else if (pattern(entry->type)) {
        pv_json_member_string(writer, "pattern", pattern(entry->type));
    } else if (entry->type == PV_TYPE_LIST) {
        write_list(writer, entry->list);
    } else if (entry->type == PV_TYPE_UUID) {
        pv_json_member_string(writer, "format", "uuid");
    }
    if (entry->type == PV_TYPE_TEXT || entry->type == PV_TYPE_NAME) {
        pv_json_member_integer(writer, "maxLength", (long long)entry->most);
    }
    if (entry->choices) {
        pv_json_key(writer, "enum");
        pv_json_open(writer, PV_JSON_ARRAY);
        for (size_t i = 0; entry->choices[i]; i++) {
            pv_json_string(writer, entry->choices[i]);
        }
        pv_json_close(writer, PV_JSON_ARRAY);
    }
    pv_json_close(writer, PV_JSON_OBJECT);
}

static void write_object(struct pv_json_writer *writer, const struct pv_schema_entry *entries, size_t count)
{
    pv_json_member_string(writer, "type", "object");
    pv_json_key(writer, "additionalProperties");
    pv_json_bool(writer, false);
    pv_json_key(writer, "required");
    pv_json_open(writer, PV_JSON_ARRAY);
    for (size_t key = 0; key < count; key++) {
        if (entries[key].required) {
            pv_json_string(writer, entries[key].key);
        }
    }
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_key(writer, "properties");
    pv_json_open(writer, PV_JSON_OBJECT);
    for (size_t key = 0; key < count; key++) {
        write_property(writer, &entries[key]);
    }
    pv_json_close(writer, PV_JSON_OBJECT);
}

static int print_json(FILE *out, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_json_writer_new();
    const char *text = NULL;

    if (writer) {
        pv_json_open(writer, PV_JSON_OBJECT);
        pv_json_member_string(writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
        pv_json_member_string(writer, "title", "A domain of Parvis");
        write_object(writer, pv_schema, PV_KEY_COUNT);
        pv_json_close(writer, PV_JSON_OBJECT);
        text = pv_json_writer_text(writer);
    }
    if (text) {
        fputs(text, out);
    }
    pv_json_writer_free(writer);
    return text ? 0 : pv_error_errno(error, ENOMEM, "writing the schema");
}

int pv_schema_print(FILE *out, enum pv_schema_format format, struct pv_error *error)
{
    switch (format) {
    case PV_SCHEMA_JSON:
        return print_json(out, error);
    case PV_SCHEMA_MARKDOWN:
        print_markdown(out);
        break;
    case PV_SCHEMA_MAN:
        print_man(out);
        break;
    case PV_SCHEMA_TEXT:
        print_text(out, pv_schema, PV_KEY_COUNT, "");
        break;
    }
    return 0;
}
