/* SPDX-License-Identifier: MIT */
/* A node's permissions: immutable lists, shared by counting, owner first. */
#ifndef XENSTORED_PERMS_H
#define XENSTORED_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum perm_bits {
    PERM_NONE = 0,
    PERM_READ = 1,
    PERM_WRITE = 2,
    PERM_OWNER = 4, /* may change permissions; never stored, it follows from the first entry's domain */
};

struct perm {
    uint16_t domid;
    uint8_t bits;
};

/* The first entry's domain owns the node; its bits are what domains get that no later entry names. */
struct perms {
    uint32_t refs;
    uint32_t count; /* at least 1 */
    struct perm entries[];
};

/* Makes a list of one entry. NULL without memory. */
struct perms *perms_new(uint16_t owner, uint8_t bits);

/* Reads `count` strings of the protocol's form ("n0", "r5") that lie one after another in the `length` bytes
 * at `text`, each with its NUL. On success stores a list; else returns EINVAL or ENOMEM. */
int perms_parse(const char *text, size_t length, struct perms **perms);

/* Writes the list in the protocol's form; returns its length, which it also does where it is more than
 * `size`. */
size_t perms_format(const struct perms *perms, char *out, size_t size);

struct perms *perms_get(struct perms *perms);
void perms_put(struct perms *perms);
bool perms_equal(const struct perms *a, const struct perms *b);

/* A copy with another owner. NULL without memory. */
struct perms *perms_with_owner(const struct perms *perms, uint16_t owner);

/* A copy without the later entries that name `domid`. NULL without memory. */
struct perms *perms_without(const struct perms *perms, uint16_t domid);

/* Says whether a later entry names `domid`. */
bool perms_mention(const struct perms *perms, uint16_t domid);

/* Who asks: a domain, and the domain that it serves as a device model, or PERMS_NO_TARGET. */
#define PERMS_NO_TARGET 0x10000
struct perms_subject {
    uint16_t domid;
    bool privileged; /* may do all */
    uint32_t target;
};

/* What the subject may do with a node of these permissions: a set of perm_bits. */
uint8_t perms_allowed(const struct perms *perms, const struct perms_subject *subject);

#endif
