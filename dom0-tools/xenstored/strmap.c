/* SPDX-License-Identifier: MIT */
/* A map from strings to pointers: open addressing with a seeded hash, so that a guest cannot aim for
 * collisions. */
#include "xenstored/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STRMAP_FIRST_SIZE 16

static const char strmap_gone[] = "";
static uint64_t strmap_secret = 0x9e3779b97f4a7c15;

void strmap_seed(uint64_t seed)
{
    strmap_secret = seed | 1;
}

/* Eight bytes at a time, each folded in by a 64 to 128 bit multiplication with the secret. */
static uint64_t strmap_hash(const char *key, size_t length)
{
    uint64_t hash = strmap_secret ^ length;

    while (length > 0) {
        uint64_t word = 0;
        size_t take = length < sizeof(word) ? length : sizeof(word);
        unsigned __int128 product;

        memcpy(&word, key, take);
        product = (unsigned __int128)(hash ^ word) * (strmap_secret ^ 0xd6e8feb86659fd93);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
        key += take;
        length -= take;
    }
    return hash ^ hash >> 32;
}

static struct strmap_slot *strmap_lookup(const struct strmap *map, const char *key, size_t length)
{
    size_t at;

    if (map->size == 0) {
        return NULL;
    }
    for (at = strmap_hash(key, length) & (map->size - 1); map->slots[at].key;
         at = (at + 1) & (map->size - 1)) {
        const struct strmap_slot *slot = &map->slots[at];

        if (slot->key != strmap_gone && !strncmp(slot->key, key, length) && slot->key[length] == '\0') {
            return &map->slots[at];
        }
    }
    return NULL;
}

void *strmap_find(const struct strmap *map, const char *key, size_t length)
{
    struct strmap_slot *slot = strmap_lookup(map, key, length);

    return slot ? slot->value : NULL;
}

static void strmap_put(struct strmap *map, const char *key, void *value)
{
    size_t at = strmap_hash(key, strlen(key)) & (map->size - 1);

    while (map->slots[at].key) {
        at = (at + 1) & (map->size - 1);
    }
    map->slots[at] = (struct strmap_slot){.key = key, .value = value};
    map->used++;
    map->count++;
}

/* Rebuilds the table with room for one entry more, without the removed ones. */
static int strmap_rebuild(struct strmap *map)
{
    struct strmap bigger = {.size = STRMAP_FIRST_SIZE};

    while (bigger.size < (map->count + 1) * 3) {
        bigger.size *= 2;
    }
    bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
    if (!bigger.slots) {
        return ENOMEM;
    }
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].key && map->slots[i].key != strmap_gone) {
            strmap_put(&bigger, map->slots[i].key, map->slots[i].value);
        }
    }
    free(map->slots);
    *map = bigger;
    return 0;
}

int strmap_add(struct strmap *map, const char *key, void *value)
{
    if ((map->used + 1) * 3 > map->size * 2 && strmap_rebuild(map) != 0) {
        return ENOMEM;
    }
    strmap_put(map, key, value);
    return 0;
}

void strmap_remove(struct strmap *map, const char *key)
{
    struct strmap_slot *slot = strmap_lookup(map, key, strlen(key));

    if (slot) {
        slot->key = strmap_gone;
        slot->value = NULL;
        map->count--;
    }
}

void strmap_clear(struct strmap *map)
{
    free(map->slots);
    *map = (struct strmap){0};
}
