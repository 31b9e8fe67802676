/* SPDX-License-Identifier: MIT */
/* A node's permissions: immutable lists, shared by counting, owner first. */
#include "xenstored/perms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERMS_ALL       (PERM_READ | PERM_WRITE | PERM_OWNER)
#define PERMS_DOMID_MAX 0xffffUL

static struct perms *perms_alloc(uint32_t count)
{
    struct perms *perms = malloc(sizeof(*perms) + count * sizeof(struct perm));

    if (perms) {
        perms->refs = 1;
        perms->count = count;
    }
    return perms;
}

struct perms *perms_new(uint16_t owner, uint8_t bits)
{
    struct perms *perms = perms_alloc(1);

    if (perms) {
        perms->entries[0] = (struct perm){.domid = owner, .bits = bits};
    }
    return perms;
}

static int perms_parse_one(const char *text, struct perm *perm)
{
    static const char letters[] = "nrwb";
    const char *letter = text[0] ? strchr(letters, text[0]) : NULL;
    size_t digits = letter ? strspn(text + 1, "0123456789") : 0;
    unsigned long domid;

    if (digits == 0 || digits > 5 || text[1 + digits] != '\0') {
        return EINVAL;
    }
    domid = strtoul(text + 1, NULL, 10);
    if (domid > PERMS_DOMID_MAX) {
        return EINVAL;
    }
    perm->domid = (uint16_t)domid;
    perm->bits = (uint8_t)(letter - letters);
    return 0;
}

int perms_parse(const char *text, size_t length, struct perms **perms)
{
    struct perms *list;
    uint32_t count = 0, index = 0;

    for (size_t i = 0; i < length; i++) {
        count += text[i] == '\0';
    }
    if (count == 0 || text[length - 1] != '\0') {
        return EINVAL;
    }
    list = perms_alloc(count);
    if (!list) {
        return ENOMEM;
    }
    for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
        if (perms_parse_one(text + at, &list->entries[index++]) != 0) {
            perms_put(list);
            return EINVAL;
        }
    }
    *perms = list;
    return 0;
}

size_t perms_format(const struct perms *perms, char *out, size_t size)
{
    size_t length = 0;

    for (uint32_t i = 0; i < perms->count; i++) {
        char text[8];
        int one = snprintf(text, sizeof(text), "%c%u", "nrwb"[perms->entries[i].bits & 3],
                           perms -> entries[i].domid);

        if (length + (size_t)one + 1 <= size) {
            memcpy(out + length, text, (size_t)one + 1);
        }
        length += (size_t)one + 1;
    }
    return length;
}

struct perms *perms_get(struct perms *perms)
{
    perms->refs++;
    return perms;
}

void perms_put(struct perms *perms)
{
    if (perms && --perms->refs == 0) {
        free(perms);
    }
}

bool perms_equal(const struct perms *a, const struct perms *b)
{
    if (a == b) {
        return true;
    }
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->entries[i].domid != b->entries[i].domid || a->entries[i].bits != b->entries[i].bits) {
            return false;
        }
    }
    return true;
}

struct perms *perms_with_owner(const struct perms *perms, uint16_t owner)
{
    struct perms *copy = perms_alloc(perms->count);

    if (copy) {
        memcpy(copy->entries, perms->entries, perms->count * sizeof(struct perm));
        copy->entries[0].domid = owner;
    }
    return copy;
}

struct perms *perms_without(const struct perms *perms, uint16_t domid)
{
    struct perms *copy = perms_alloc(perms->count);
    uint32_t kept = 0;

    for (uint32_t i = 0; copy && i < perms->count; i++) {
        if (i == 0 || perms->entries[i].domid != domid) {
            copy->entries[kept++] = perms->entries[i];
        }
    }
    if (copy) {
        copy->count = kept;
    }
    return copy;
}

bool perms_mention(const struct perms *perms, uint16_t domid)
{
    for (uint32_t i = 1; i < perms->count; i++) {
        if (perms->entries[i].domid == domid) {
            return true;
        }
    }
    return false;
}

static bool perms_is_subject(uint16_t domid, const struct perms_subject *subject)
{
    return domid == subject->domid || domid == subject->target;
}

uint8_t perms_allowed(const struct perms *perms, const struct perms_subject *subject)
{
    if (subject->privileged || perms_is_subject(perms->entries[0].domid, subject)) {
        return PERMS_ALL;
    }
    for (uint32_t i = 1; i < perms->count; i++) {
        if (perms_is_subject(perms->entries[i].domid, subject)) {
            return perms->entries[i].bits;
        }
    }
    return perms->entries[0].bits;
}
