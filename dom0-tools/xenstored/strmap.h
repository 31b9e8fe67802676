/* SPDX-License-Identifier: MIT */
/* A map from strings to pointers: open addressing with a seeded hash, so that a guest cannot aim for
 * collisions. */
#ifndef XENSTORED_STRMAP_H
#define XENSTORED_STRMAP_H

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
    const char *key; /* NULL: free; strmap_gone: was removed */
    void *value;
};

/* Zeroed is empty. Keys are not copied: a key must live as long as its entry. */
struct strmap {
    struct strmap_slot *slots;
    size_t size;  /* 0 or a power of two */
    size_t used;  /* with removed ones */
    size_t count; /* entries */
};

/* Gives all maps of this process their seed. Call once, before the first use. */
void strmap_seed(uint64_t seed);

/* Finds the value of the first `length` bytes of `key`; NULL when it is not there. */
void *strmap_find(const struct strmap *map, const char *key, size_t length);

/* Adds an entry that is not there yet. Returns 0 or ENOMEM. */
int strmap_add(struct strmap *map, const char *key, void *value);

/* Removes an entry, if it is there. */
void strmap_remove(struct strmap *map, const char *key);

/* Frees the table, not what its entries point to. */
void strmap_clear(struct strmap *map);

#endif
