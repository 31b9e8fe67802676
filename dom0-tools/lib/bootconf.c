/* SPDX-License-Identifier: MIT */
/* The entries that a disk's boot configuration offers, and the choice among them. */
#include "lib/bootconf.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pv_bootconf_entry *pv_bootconf_add(struct pv_bootconf *conf)
{
    struct pv_bootconf_entry *longer;

    if (conf->count >= PV_BOOTCONF_ENTRIES) {
        return NULL;
    }
    longer = realloc(conf->entries, (conf->count + 1) * sizeof(*longer));
    if (!longer) {
        return NULL;
    }
    conf->entries = longer;
    longer[conf->count] = (struct pv_bootconf_entry){0};
    return &longer[conf->count++];
}

void pv_bootconf_append(char *text, size_t size, const char *word)
{
    size_t length = strlen(text), more = strlen(word);

    if (more == 0 || length + more + 2 > size) {
        return;
    }
    if (length) {
        text[length++] = ' ';
    }
    memcpy(text + length, word, more + 1);
}

bool pv_bootconf_path(char path[PV_BOOTCONF_PATH], const char *text)
{
    /* GRUB's paths may name a device before: "(hd0,gpt1)/boot/vmlinuz". */
    const char *device = text[0] == '(' ? strchr(text, ')') : NULL;

    text = device ? device + 1 : text;
    path[0] = '\0';
    if (!*text || strlen(text) + 2 > PV_BOOTCONF_PATH || strstr(text, "..")) {
        return false;
    }
    snprintf(path, PV_BOOTCONF_PATH, "%s%s", text[0] == '/' ? "" : "/", text);
    return true;
}

/* Whether the first one stands before the other: the newer version does. */
static bool is_before(const struct pv_bootconf_entry *a, const struct pv_bootconf_entry *b)
{
    int order = strverscmp(b->version, a->version);

    return (order ? order : strverscmp(b->id, a->id)) < 0;
}

/* Not by qsort: the C library's asks the kernel for the size of memory, which the process that does this may not. */
void pv_bootconf_sort(struct pv_bootconf *conf)
{
    for (size_t i = 1; i < conf->count; i++) {
        struct pv_bootconf_entry entry = conf->entries[i];
        size_t place = i;

        for (; place > 0 && is_before(&entry, &conf->entries[place - 1]); place--) {
            conf->entries[place] = conf->entries[place - 1];
        }
        conf->entries[place] = entry;
    }
}

static bool is_chosen(const struct pv_bootconf_entry *entry, const char *chosen)
{
    char name[PV_BOOTCONF_NAME + 8];
    size_t length = strlen(chosen);

    /* A submenu's number means its first entry. */
    if (strncmp(entry->position, chosen, length) == 0 &&
        (!entry->position[length] || strcmp(entry->position + length, ">0") == 0)) {
        return true;
    }
    snprintf(name, sizeof(name), "%s.conf", entry->id);
    return strcmp(entry->title, chosen) == 0 || (entry->id[0] && fnmatch(chosen, entry->id, 0) == 0) ||
           (entry->id[0] && fnmatch(chosen, name, 0) == 0);
}

const struct pv_bootconf_entry *pv_bootconf_choose(const struct pv_bootconf *conf)
{
    /* "submenu>entry" by titles or identities: the entry's own name is enough. */
    const char *last = strrchr(conf->chosen, '>');

    for (size_t i = 0; conf->chosen[0] && i < conf->count; i++) {
        if (is_chosen(&conf->entries[i], conf->chosen)) {
            return &conf->entries[i];
        }
    }
    for (size_t i = 0; last && last[1] && i < conf->count; i++) {
        if (strcmp(conf->entries[i].title, last + 1) == 0 || strcmp(conf->entries[i].id, last + 1) == 0) {
            return &conf->entries[i];
        }
    }
    return conf->count ? &conf->entries[0] : NULL;
}

void pv_bootconf_free(struct pv_bootconf *conf)
{
    free(conf->entries);
    *conf = (struct pv_bootconf){0};
}
