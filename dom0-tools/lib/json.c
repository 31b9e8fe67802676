/* SPDX-License-Identifier: MIT */
/* JSON by yajl: the only file that knows it. */
#include "lib/json.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

struct parser {
    yajl_handle handle;
    const char *text;
    size_t counted; /* bytes whose lines are counted already */
    unsigned int line;
    unsigned int depth;
    bool too_deep;
    char *key;
    struct pv_json *root;
    struct pv_json *open[PV_JSON_DEPTH];  /* the arrays and objects that are open, outermost first */
    struct pv_json **tail[PV_JSON_DEPTH]; /* where the next child of each goes */
};

static unsigned int current_line(struct parser *parser)
{
    size_t reached = yajl_get_bytes_consumed(parser->handle);

    for (; parser->counted < reached; parser->counted++) {
        parser->line += parser->text[parser->counted] == '\n';
    }
    return parser->line;
}

/* Puts a new value into the tree. NULL stops the parser. */
static struct pv_json *add(struct parser *parser, enum pv_json_type type, const char *text, size_t length)
{
    struct pv_json *value = calloc(1, sizeof(*value));

    if (!value) {
        return NULL;
    }
    value->type = type;
    value->line = current_line(parser);
    value->key = parser->key;
    parser->key = NULL;
    if (parser->depth == 0) {
        parser->root = value;
    } else {
        *parser->tail[parser->depth - 1] = value;
        parser->tail[parser->depth - 1] = &value->next;
    }
    if (text) {
        value->text = strndup(text, length);
        if (!value->text) {
            return NULL;
        }
    }
    return value;
}

const char *pv_json_word(const struct pv_json *json)
{
    return json->type != PV_JSON_BOOL ? json->text : json->truth ? "true" : "false";
}

static int on_null(void *context)
{
    return add(context, PV_JSON_NULL, NULL, 0) != NULL;
}

static int on_bool(void *context, int truth)
{
    struct pv_json *value = add(context, PV_JSON_BOOL, NULL, 0);

    if (value) {
        value->truth = truth != 0;
    }
    return value != NULL;
}

static int on_number(void *context, const char *text, size_t length)
{
    return add(context, PV_JSON_NUMBER, text, length) != NULL;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    return add(context, PV_JSON_STRING, (const char *)text, length) != NULL;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
    struct parser *parser = context;

    parser->key = strndup((const char *)text, length);
    return parser->key != NULL;
}

static int on_open(struct parser *parser, enum pv_json_type type)
{
    struct pv_json *value;

    if (parser->depth == PV_JSON_DEPTH) {
        parser->too_deep = true;
        return 0;
    }
    value = add(parser, type, NULL, 0);
    if (!value) {
        return 0;
    }
    parser->open[parser->depth] = value;
    parser->tail[parser->depth] = &value->children;
    parser->depth++;
    return 1;
}

static int on_object(void *context)
{
    return on_open(context, PV_JSON_OBJECT);
}

static int on_array(void *context)
{
    return on_open(context, PV_JSON_ARRAY);
}

static int on_close(void *context)
{
    struct parser *parser = context;

    parser->depth--;
    return 1;
}

/* yajl's message is several lines with a picture of the place; the first says what is wrong. */
static void syntax_error(struct parser *parser, const char *name, size_t size, struct pv_error *error)
{
    unsigned char *message = yajl_get_error(parser->handle, 0, (const unsigned char *)parser->text, size);
    unsigned int line = current_line(parser);

    if (parser->too_deep) {
        pv_error_set(error, PV_ERROR_USAGE, "%s:%u: more than %d brackets inside one another", name, line,
                     PV_JSON_DEPTH);
    } else {
        message[strcspn((char *)message, "\n")] = '\0';
        pv_error_set(error, PV_ERROR_USAGE, "%s:%u: is not JSON: %s", name, line, (char *)message);
    }
    yajl_free_error(parser->handle, message);
}

struct pv_json *pv_json_parse(const char *name, const char *text, size_t size, struct pv_error *error)
{
    static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                             .yajl_boolean = on_bool,
                                             .yajl_number = on_number,
                                             .yajl_string = on_string,
                                             .yajl_start_map = on_object,
                                             .yajl_map_key = on_key,
                                             .yajl_end_map = on_close,
                                             .yajl_start_array = on_array,
                                             .yajl_end_array = on_close};
    struct parser parser = {.text = text, .line = 1};
    yajl_status status;

    parser.handle = yajl_alloc(&callbacks, NULL, &parser);
    if (!parser.handle) {
        pv_error_errno(error, ENOMEM, "%s", name);
        return NULL;
    }
    status = yajl_parse(parser.handle, (const unsigned char *)text, size);
    if (status == yajl_status_ok) {
        status = yajl_complete_parse(parser.handle);
    }
    if (status != yajl_status_ok || !parser.root) {
        syntax_error(&parser, name, size, error);
        pv_json_free(parser.root);
        parser.root = NULL;
    }
    free(parser.key);
    yajl_free(parser.handle);
    return parser.root;
}

static char *read_text(const char *path, size_t *size, struct pv_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    ssize_t got = 0;

    *size = 0;
    if (fd >= 0) {
        text = malloc(PV_JSON_BYTES + 1);
    }
    while (text && (got = read(fd, text + *size, PV_JSON_BYTES + 1 - *size)) > 0) {
        *size += (size_t)got;
    }
    if (!text || got < 0) {
        pv_error_errno(error, errno, "%s: cannot be read", path);
        pv_error_class(error, PV_ERROR_USAGE);
    } else if (*size > PV_JSON_BYTES) {
        got = pv_error_set(error, PV_ERROR_USAGE, "%s: is larger than a configuration may be (%lu bytes)",
                           path, PV_JSON_BYTES);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (got < 0) {
        free(text);
        text = NULL;
    }
    return text;
}

struct pv_json *pv_json_read(const char *path, struct pv_error *error)
{
    size_t size;
    char *text = read_text(path, &size, error);
    struct pv_json *json = text ? pv_json_parse(path, text, size, error) : NULL;

    free(text);
    return json;
}

void pv_json_free(struct pv_json *json)
{
    /* Depth is bounded by the parser, so this recursion is. */
    while (json) {
        struct pv_json *next = json->next;

        pv_json_free(json->children);
        free(json->key);
        free(json->text);
        free(json);
        json = next;
    }
}

const char *pv_json_type_name(enum pv_json_type type)
{
    static const char *const names[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};

    return names[type];
}

struct pv_json_writer {
    yajl_gen gen;
};

struct pv_json_writer *pv_json_writer_new(void)
{
    struct pv_json_writer *writer = calloc(1, sizeof(*writer));

    if (writer) {
        writer->gen = yajl_gen_alloc(NULL);
    }
    if (!writer || !writer->gen) {
        free(writer);
        return NULL;
    }
    yajl_gen_config(writer->gen, yajl_gen_beautify, 1);
    yajl_gen_config(writer->gen, yajl_gen_indent_string, "  ");
    return writer;
}

void pv_json_open(struct pv_json_writer *writer, enum pv_json_type type)
{
    if (type == PV_JSON_OBJECT) {
        yajl_gen_map_open(writer->gen);
    } else {
        yajl_gen_array_open(writer->gen);
    }
}

void pv_json_close(struct pv_json_writer *writer, enum pv_json_type type)
{
    if (type == PV_JSON_OBJECT) {
        yajl_gen_map_close(writer->gen);
    } else {
        yajl_gen_array_close(writer->gen);
    }
}

void pv_json_key(struct pv_json_writer *writer, const char *key)
{
    pv_json_string(writer, key);
}

void pv_json_string(struct pv_json_writer *writer, const char *text)
{
    yajl_gen_string(writer->gen, (const unsigned char *)text, strlen(text));
}

void pv_json_integer(struct pv_json_writer *writer, long long value)
{
    yajl_gen_integer(writer->gen, value);
}

void pv_json_decimal(struct pv_json_writer *writer, double value)
{
    yajl_gen_double(writer->gen, isfinite(value) ? value : 0);
}

void pv_json_bool(struct pv_json_writer *writer, bool value)
{
    yajl_gen_bool(writer->gen, value);
}

void pv_json_member_string(struct pv_json_writer *writer, const char *key, const char *text)
{
    pv_json_key(writer, key);
    pv_json_string(writer, text);
}

void pv_json_member_integer(struct pv_json_writer *writer, const char *key, long long value)
{
    pv_json_key(writer, key);
    pv_json_integer(writer, value);
}

const char *pv_json_writer_text(struct pv_json_writer *writer)
{
    const unsigned char *text;
    size_t length;

    return yajl_gen_get_buf(writer->gen, &text, &length) == yajl_gen_status_ok ? (const char *)text : NULL;
}

void pv_json_writer_free(struct pv_json_writer *writer)
{
    if (writer) {
        yajl_gen_free(writer->gen);
        free(writer);
    }
}
