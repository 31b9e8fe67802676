/* SPDX-License-Identifier: MIT */
/*
 * GRUB's configuration, as far as a menu needs it: a script of commands, with quotes, variables, if, functions (passed
 * over) and blocks of menu entries. Nothing is run: a test that would look at the machine is false.
 *
 * Model: the text is a list of commands, each a list of words. A stack of blocks says what an open brace or `if` means;
 * commands count only while every block around them is live.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bootconf.h"

#define WORDS_MOST     96
#define WORD_SIZE      PV_BOOTCONF_LINE
#define DEPTH_MOST     32
#define VARIABLES_MOST 128
#define NAME_SIZE      64
#define VALUE_SIZE     512

enum block { BLOCK_IF, BLOCK_ENTRY, BLOCK_SUBMENU, BLOCK_OTHER };

struct variable {
    char name[NAME_SIZE], value[VALUE_SIZE];
};

struct grub {
    struct pv_bootconf *conf;
    const char *text;
    size_t size, at;
    struct variable variables[VARIABLES_MOST];
    size_t variable_count;
    struct {
        enum block kind;
        bool live, taken; /* of an `if`: this branch runs; one of its branches ran */
        unsigned int number; /* of the next item of a submenu */
    } blocks[DEPTH_MOST];
    size_t depth;
    unsigned int number; /* of the next item of the menu */
    struct pv_bootconf_entry *entry; /* that is open; NULL: none */
    char words[WORDS_MOST][WORD_SIZE];
    size_t word_count;
};

static const char *get(const struct grub *grub, const char *name)
{
    for (size_t i = 0; i < grub->variable_count; i++) {
        if (strcmp(grub->variables[i].name, name) == 0) {
            return grub->variables[i].value;
        }
    }
    return "";
}

static void set(struct grub *grub, const char *name, const char *value)
{
    size_t i = 0;

    while (i < grub->variable_count && strcmp(grub->variables[i].name, name) != 0) {
        i++;
    }
    if (i == VARIABLES_MOST || strlen(name) >= NAME_SIZE) {
        return;
    }
    grub->variable_count += i == grub->variable_count;
    snprintf(grub->variables[i].name, NAME_SIZE, "%s", name);
    snprintf(grub->variables[i].value, VALUE_SIZE, "%.*s", VALUE_SIZE - 1, value);
}

/* Looks at the next byte; '\0' at the end. */
static char peek(const struct grub *grub)
{
    return grub->at < grub->size ? grub->text[grub->at] : '\0';
}

static void put(char *word, size_t *length, char byte)
{
    if (*length < WORD_SIZE - 1) {
        word[(*length)++] = byte;
    }
}

/* A variable, after its dollar: puts its value into the word. */
static void read_variable(struct grub *grub, char *word, size_t *length)
{
    char name[NAME_SIZE] = "";
    bool braces = peek(grub) == '{';
    size_t used = 0;

    grub->at += braces;
    while (isalnum((unsigned char)peek(grub)) || peek(grub) == '_' || (used == 0 && strchr("?@*#", peek(grub)) &&
                                                                       peek(grub))) {
        if (used < sizeof(name) - 1) {
            name[used++] = peek(grub);
        }
        grub->at++;
    }
    if (braces && peek(grub) == '}') {
        grub->at++;
    }
    for (const char *value = get(grub, name); *value; value++) {
        put(word, length, *value);
    }
}

/* What stands between quotes; the opening one was read. */
static void read_quoted(struct grub *grub, char quote, char *word, size_t *length)
{
    while (grub->at < grub->size && peek(grub) != quote) {
        char byte = grub->text[grub->at++];

        if (byte == '\\' && quote == '"' && grub->at < grub->size && strchr("\\\"$\n", peek(grub))) {
            byte = grub->text[grub->at++];
            if (byte == '\n') {
                continue;
            }
        } else if (byte == '$' && quote == '"') {
            read_variable(grub, word, length);
            continue;
        }
        put(word, length, byte);
    }
    grub->at++;
}

static bool ends_word(char byte)
{
    return byte == '\0' || isspace((unsigned char)byte) || byte == ';';
}

/* Reads a word into `word`. GRUB drops one that is nothing but an unset variable without quotes. */
static bool read_word(struct grub *grub, char *word)
{
    size_t length = 0;
    bool quoted = false;

    while (grub->at < grub->size && !ends_word(peek(grub))) {
        char byte = grub->text[grub->at++];

        if (byte == '\'' || byte == '"') {
            quoted = true;
            read_quoted(grub, byte, word, &length);
        } else if (byte == '$') {
            read_variable(grub, word, &length);
        } else if (byte == '\\' && grub->at < grub->size) {
            byte = grub->text[grub->at++];
            if (byte != '\n') {
                put(word, &length, byte);
            }
        } else if (byte != '\0') {
            put(word, &length, byte);
        }
    }
    word[length] = '\0';
    return length > 0 || quoted;
}

/* Skips blanks, comments and ends of lines that a backslash takes away; says whether a command goes on. */
static bool skip_blanks(struct grub *grub)
{
    while (grub->at < grub->size) {
        char byte = peek(grub);

        if (byte == '\\' && grub->at + 1 < grub->size && grub->text[grub->at + 1] == '\n') {
            grub->at += 2;
        } else if (byte == '#') {
            while (grub->at < grub->size && peek(grub) != '\n') {
                grub->at++;
            }
        } else if (byte == '\0' || (isspace((unsigned char)byte) && byte != '\n')) {
            grub->at++;
        } else {
            return byte != '\n' && byte != ';';
        }
    }
    return false;
}

static bool is_word(const struct grub *grub, size_t index, const char *text)
{
    return index < grub->word_count && strcmp(grub->words[index], text) == 0;
}

/* Reads a command: its words up to the end of the line, a semicolon, or a brace. A word that opens or closes is a
 * command's end, or one by itself. */
static bool read_command(struct grub *grub)
{
    grub->word_count = 0;
    while (grub->at < grub->size) {
        size_t index = grub->word_count;

        if (!skip_blanks(grub)) {
            grub->at++;
            if (index) {
                return true;
            }
            continue;
        }
        if (read_word(grub, grub->words[index]) && index < WORDS_MOST - 1) {
            grub->word_count++;
        }
        if (is_word(grub, index, "{") || (index == 0 && (is_word(grub, 0, "}") || is_word(grub, 0, "then") ||
                                                         is_word(grub, 0, "else") || is_word(grub, 0, "fi")))) {
            return true;
        }
    }
    return grub->word_count > 0;
}

static bool is_live(const struct grub *grub)
{
    for (size_t i = 0; i < grub->depth; i++) {
        if (!grub->blocks[i].live) {
            return false;
        }
    }
    return true;
}

/* Whether a test, the words from `first` on, is true: those of texts and of [ TEXT ] are answered. */
static bool is_true(const struct grub *grub, size_t first)
{
    size_t count = grub->word_count - first;
    bool wanted = true;

    if (is_word(grub, first, "true")) {
        return true;
    }
    if (!is_word(grub, first, "[") || !is_word(grub, grub->word_count - 1, "]")) {
        return false;
    }
    first++;
    count -= 2;
    if (count && is_word(grub, first, "!")) {
        wanted = false;
        first++;
        count--;
    }
    if (count == 1) {
        return (grub->words[first][0] != '\0') == wanted;
    }
    if (count == 2 && (is_word(grub, first, "-n") || is_word(grub, first, "-z"))) {
        return ((grub->words[first + 1][0] == '\0') == is_word(grub, first, "-z")) == wanted;
    }
    if (count == 3 && (is_word(grub, first + 1, "=") || is_word(grub, first + 1, "=="))) {
        return (strcmp(grub->words[first], grub->words[first + 2]) == 0) == wanted;
    }
    if (count == 3 && is_word(grub, first + 1, "!=")) {
        return (strcmp(grub->words[first], grub->words[first + 2]) != 0) == wanted;
    }
    return !wanted;
}

static bool open_block(struct grub *grub, enum block kind, bool live)
{
    if (grub->depth == DEPTH_MOST) {
        return false;
    }
    grub->blocks[grub->depth].kind = kind;
    grub->blocks[grub->depth].live = live;
    grub->blocks[grub->depth].taken = live;
    grub->blocks[grub->depth++].number = 0;
    return true;
}

static void close_brace(struct grub *grub)
{
    /* A brace that closes leaves no `if` open inside of it. */
    while (grub->depth && grub->blocks[grub->depth - 1].kind == BLOCK_IF) {
        grub->depth--;
    }
    if (grub->depth == 0) {
        return;
    }
    if (grub->blocks[--grub->depth].kind == BLOCK_ENTRY) {
        if (grub->entry && !grub->entry->kernel[0]) {
            grub->conf->count--;
        }
        grub->entry = NULL;
    }
}

/* The position of the next item: the number in the menu, behind those of the submenus around it. */
static void next_position(struct grub *grub, char position[32])
{
    unsigned int *number = &grub->number;
    char text[32] = "";

    for (size_t i = 0; i < grub->depth; i++) {
        if (grub->blocks[i].kind == BLOCK_SUBMENU) {
            size_t length = strlen(text);

            snprintf(text + length, sizeof(text) - length, "%u>", *number - 1);
            number = &grub->blocks[i].number;
        }
    }
    snprintf(position, 32, "%.20s%u", text, (*number)++);
}

/* `menuentry TITLE [OPTION...] {` or `submenu ...`. */
static bool open_item(struct grub *grub)
{
    bool live = is_live(grub) && !grub->entry, submenu = is_word(grub, 0, "submenu");
    struct pv_bootconf_entry *entry;
    char position[32] = "";

    if (live) {
        next_position(grub, position);
    }
    if (!live || submenu) {
        return open_block(grub, submenu ? BLOCK_SUBMENU : BLOCK_OTHER, live);
    }
    entry = pv_bootconf_add(grub->conf);
    if (!entry || !open_block(grub, BLOCK_ENTRY, true)) {
        return false;
    }
    grub->entry = entry;
    strcpy(entry->position, position);
    snprintf(entry->title, sizeof(entry->title), "%.*s", (int)sizeof(entry->title) - 1,
             grub->word_count > 2 ? grub->words[1] : "");
    for (size_t i = 2; i + 1 < grub->word_count; i++) {
        if (is_word(grub, i, "--id")) {
            snprintf(entry->id, sizeof(entry->id), "%.*s", (int)sizeof(entry->id) - 1, grub->words[i + 1]);
        }
    }
    return true;
}

/* The words of an `if` and its branches; false when the text is nested too deeply. */
static bool branch(struct grub *grub)
{
    size_t top = grub->depth - 1;

    if (is_word(grub, 0, "if")) {
        return open_block(grub, BLOCK_IF, is_true(grub, 1));
    }
    if (grub->depth == 0 || grub->blocks[top].kind != BLOCK_IF) {
        return true;
    }
    if (is_word(grub, 0, "fi")) {
        grub->depth = top;
    } else {
        bool live = !grub->blocks[top].taken && (is_word(grub, 0, "else") || is_true(grub, 1));

        grub->blocks[top].live = live;
        grub->blocks[top].taken |= live;
    }
    return true;
}

static void load_kernel(struct grub *grub)
{
    struct pv_bootconf_entry *entry = grub->entry;

    if (grub->word_count < 2 || !pv_bootconf_path(entry->kernel, grub->words[1])) {
        return;
    }
    entry->cmdline[0] = '\0';
    for (size_t i = 2; i < grub->word_count; i++) {
        char quoted[WORD_SIZE + 2];

        /* As GRUB passes it on. */
        snprintf(quoted, sizeof(quoted), strpbrk(grub->words[i], " \t") ? "\"%s\"" : "%s", grub->words[i]);
        pv_bootconf_append(entry->cmdline, sizeof(entry->cmdline), quoted);
    }
}

static void load_ramdisks(struct grub *grub)
{
    struct pv_bootconf_entry *entry = grub->entry;

    entry->ramdisk_count = 0;
    for (size_t i = 1; i < grub->word_count && entry->ramdisk_count < PV_BOOTCONF_RAMDISKS; i++) {
        entry->ramdisk_count += pv_bootconf_path(entry->ramdisks[entry->ramdisk_count], grub->words[i]);
    }
}

/* `set NAME=VALUE`, or without `set`. */
static void assign(struct grub *grub, size_t index)
{
    char *equals = index < grub->word_count ? strchr(grub->words[index], '=') : NULL;

    if (equals) {
        *equals = '\0';
        set(grub, grub->words[index], equals + 1);
    }
}

static void run(struct grub *grub)
{
    if (is_word(grub, 0, "set")) {
        assign(grub, 1);
    } else if (is_word(grub, 0, "blscfg")) {
        grub->conf->wants_entries = true;
    } else if (grub->entry && strncmp(grub->words[0], "linux", 5) == 0) {
        load_kernel(grub);
    } else if (grub->entry && strncmp(grub->words[0], "initrd", 6) == 0) {
        load_ramdisks(grub);
    } else if (grub->word_count == 1) {
        assign(grub, 0);
    }
}

/* One command; false when no more can be read. */
static bool take(struct grub *grub)
{
    bool opens = is_word(grub, grub->word_count - 1, "{");

    if (is_word(grub, 0, "then") || is_word(grub, 0, "else") || is_word(grub, 0, "fi") || is_word(grub, 0, "if") ||
        is_word(grub, 0, "elif")) {
        return is_word(grub, 0, "then") || branch(grub);
    }
    if (is_word(grub, 0, "}")) {
        close_brace(grub);
    } else if (opens && (is_word(grub, 0, "menuentry") || is_word(grub, 0, "submenu"))) {
        return open_item(grub);
    } else if (opens) {
        return open_block(grub, BLOCK_OTHER, false);
    } else if (is_live(grub)) {
        run(grub);
    }
    return true;
}

bool pv_bootconf_grub(struct pv_bootconf *conf, const char *text, size_t size)
{
    struct grub *grub = calloc(1, sizeof(*grub));

    if (!grub) {
        return false;
    }
    *grub = (struct grub){.conf = conf, .text = text, .size = size};
    /* What Debian's and Fedora's configurations ask GRUB about itself. */
    set(grub, "grub_platform", "xen");
    set(grub, "grub_cpu", "x86_64");
    set(grub, "feature_menuentry_id", "y");
    set(grub, "feature_default_font_path", "y");
    set(grub, "prefix", "/boot/grub");
    while (read_command(grub) && take(grub)) {
        continue;
    }
    if (grub->entry && !grub->entry->kernel[0]) {
        conf->count--;
    }
    snprintf(conf->chosen, sizeof(conf->chosen), "%.*s", (int)sizeof(conf->chosen) - 1, get(grub, "default"));
    free(grub);
    return true;
}
