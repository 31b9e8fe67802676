/* SPDX-License-Identifier: MIT */
/* Entries of the Boot Loader Specification: lines of a key and its value. Fact: the specification, type 1. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/bootconf.h"

#define KEY_SIZE 32

/* One line. */
struct line {
    char key[KEY_SIZE];
    char value[PV_BOOTCONF_LINE];
};

/* Reads a line at `at`; returns where the next begins. What is too long, or a comment, has an empty key. */
static size_t read_line(const char *text, size_t size, size_t at, struct line *line)
{
    const char *start = text + at, *end = memchr(start, '\n', size - at);
    size_t length = end ? (size_t)(end - start) : size - at, next = at + length + 1, key = 0;

    line->key[0] = line->value[0] = '\0';
    while (length && isspace((unsigned char)*start)) {
        start++;
        length--;
    }
    while (length && isspace((unsigned char)start[length - 1])) {
        length--;
    }
    while (key < length && !isspace((unsigned char)start[key])) {
        key++;
    }
    if (key == 0 || *start == '#' || key >= sizeof(line->key) || memchr(start, '\0', length)) {
        return next;
    }
    snprintf(line->key, sizeof(line->key), "%.*s", (int)key, start);
    while (key < length && isspace((unsigned char)start[key])) {
        key++;
    }
    if (length - key < sizeof(line->value)) {
        snprintf(line->value, sizeof(line->value), "%.*s", (int)(length - key), start + key);
    } else {
        line->key[0] = '\0';
    }
    return next;
}

/* Words that begin with a dollar are GRUB's variables, which nobody sets here. */
static void add_options(struct pv_bootconf_entry *entry, char *options)
{
    char *rest = NULL;

    for (char *word = strtok_r(options, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (*word != '$') {
            pv_bootconf_append(entry->cmdline, sizeof(entry->cmdline), word);
        }
    }
}

static void add_ramdisks(struct pv_bootconf_entry *entry, char *paths)
{
    char *rest = NULL;

    for (char *word = strtok_r(paths, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (*word != '$' && entry->ramdisk_count < PV_BOOTCONF_RAMDISKS &&
            pv_bootconf_path(entry->ramdisks[entry->ramdisk_count], word)) {
            entry->ramdisk_count++;
        }
    }
}

bool pv_bootconf_entry(struct pv_bootconf *conf, const char *name, const char *text, size_t size)
{
    struct pv_bootconf_entry *entry = pv_bootconf_add(conf);
    struct line line;

    if (!entry) {
        return conf->count >= PV_BOOTCONF_ENTRIES;
    }
    snprintf(entry->id, sizeof(entry->id), "%s", name);
    for (size_t at = 0; at < size;) {
        at = read_line(text, size, at, &line);
        if (strcmp(line.key, "title") == 0) {
            snprintf(entry->title, sizeof(entry->title), "%.*s", (int)sizeof(entry->title) - 1, line.value);
        } else if (strcmp(line.key, "version") == 0) {
            snprintf(entry->version, sizeof(entry->version), "%.*s", (int)sizeof(entry->version) - 1, line.value);
        } else if (strcmp(line.key, "linux") == 0) {
            pv_bootconf_path(entry->kernel, line.value);
        } else if (strcmp(line.key, "initrd") == 0) {
            add_ramdisks(entry, line.value);
        } else if (strcmp(line.key, "options") == 0) {
            add_options(entry, line.value);
        }
    }
    if (!entry->kernel[0]) {
        conf->count--;
    }
    return true;
}

void pv_bootconf_loader(struct pv_bootconf *conf, const char *text, size_t size)
{
    struct line line;

    for (size_t at = 0; at < size;) {
        at = read_line(text, size, at, &line);
        if (strcmp(line.key, "default") == 0) {
            snprintf(conf->chosen, sizeof(conf->chosen), "%.*s", (int)sizeof(conf->chosen) - 1, line.value);
        }
    }
}
