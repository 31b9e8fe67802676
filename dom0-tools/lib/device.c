/* SPDX-License-Identifier: MIT */
/* Names, numbers and addresses of a guest's disks and networks. */
#include "lib/device.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of virtual disks: the first 16 lie in Linux's old range for them, the others in an extended one. */
#define LEGACY_MAJOR      202u
#define LEGACY_DISKS      16u
#define LEGACY_PARTITIONS 16u
#define EXTENDED          (1u << 28)
#define EXTENDED_SHIFT    8
#define EXTENDED_PARTS    256u
#define DISKS_MOST        702u /* xvda to xvdzz */
#define LETTERS           26u
#define BITS              8u
#define STEP              1000u

bool pv_disk_number(const char *target, uint32_t *number)
{
    unsigned int disk = 0, partition = 0, letters = 0, digits = 0;

    if (strncmp(target, "xvd", 3) != 0) {
        return false;
    }
    target += 3;
    for (; *target >= 'a' && *target <= 'z' && letters < 3; target++, letters++) {
        disk = disk * LETTERS + (unsigned int)(*target - 'a') + 1;
    }
    for (; *target >= '0' && *target <= '9' && digits < 4; target++, digits++) {
        partition = partition * 10 + (unsigned int)(*target - '0');
    }
    if (letters == 0 || disk > DISKS_MOST || *target || partition >= EXTENDED_PARTS ||
        (digits > 0 && partition == 0)) {
        return false;
    }
    disk--;
    *number = disk < LEGACY_DISKS && partition < LEGACY_PARTITIONS
                  ? LEGACY_MAJOR << 8 | disk * LEGACY_PARTITIONS | partition
                  : EXTENDED | disk << EXTENDED_SHIFT | partition;
    return true;
}

char *pv_disk_target(uint32_t number, char text[PV_TARGET_TEXT])
{
    unsigned int disk, partition;
    char first[2] = "", part[8] = "";

    text[0] = '\0';
    if (number >> 8 == LEGACY_MAJOR) {
        disk = (number & 0xff) / LEGACY_PARTITIONS;
        partition = number % LEGACY_PARTITIONS;
    } else if (number & EXTENDED && (number & ~EXTENDED) >> EXTENDED_SHIFT < DISKS_MOST) {
        disk = (number & ~EXTENDED) >> EXTENDED_SHIFT;
        partition = number % EXTENDED_PARTS;
    } else {
        return text;
    }
    if (disk >= LETTERS) {
        first[0] = (char)('a' + disk / LETTERS - 1);
    }
    if (partition) {
        snprintf(part, sizeof(part), "%u", partition);
    }
    snprintf(text, PV_TARGET_TEXT, "xvd%s%c%s", first, (char)('a' + disk % LETTERS), part);
    return text;
}

void pv_mac_text(const uint8_t mac[PV_MAC_SIZE], char text[PV_MAC_TEXT])
{
    snprintf(text, PV_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

bool pv_disk_is_remote(const struct pv_disk *disk)
{
    size_t scheme = strspn(disk->source, "abcdefghijklmnopqrstuvwxyz+");

    return (scheme && strncmp(disk->source + scheme, "://", 3) == 0) || strncmp(disk->source, "rbd:", 4) == 0;
}

static const char *const limit_keys[PV_LIMIT_COUNT] = {"rate", "read_rate", "write_rate",
                                                       "iops", "read_iops", "write_iops"};

const char *pv_limits_key(enum pv_disk_limit limit)
{
    return limit_keys[limit];
}

bool pv_limits_any(const uint64_t limits[PV_LIMIT_COUNT])
{
    for (int i = 0; i < PV_LIMIT_COUNT; i++) {
        if (limits[i]) {
            return true;
        }
    }
    return false;
}

char *pv_limits_text(const uint64_t limits[PV_LIMIT_COUNT], char text[PV_LIMITS_TEXT])
{
    size_t length = 0;

    text[0] = '\0';
    for (int i = 0; i < PV_LIMIT_COUNT; i++) {
        if (limits[i]) {
            length += (size_t)snprintf(text + length, PV_LIMITS_TEXT - length, "%s%s=%" PRIu64, length ? "," : "",
                                       limit_keys[i], limits[i]);
        }
    }
    return text;
}

/* Reads "KEY=NUMBER" and returns what follows, or NULL. */
static const char *parse_limit(const char *text, uint64_t limits[PV_LIMIT_COUNT])
{
    size_t length = strcspn(text, "=");
    char *end;

    for (int i = 0; text[length] && i < PV_LIMIT_COUNT; i++) {
        if (strlen(limit_keys[i]) == length && strncmp(limit_keys[i], text, length) == 0 &&
            isdigit((unsigned char)text[length + 1])) {
            limits[i] = strtoull(text + length + 1, &end, 10);
            return end;
        }
    }
    return NULL;
}

bool pv_limits_parse(const char *text, uint64_t limits[PV_LIMIT_COUNT])
{
    memset(limits, 0, PV_LIMIT_COUNT * sizeof(limits[0]));
    while (text && *text) {
        text = parse_limit(text, limits);
        if (text && *text == ',' && text[1]) {
            text++;
        } else if (text && *text) {
            return false;
        }
    }
    return text != NULL;
}

bool pv_mac_parse(const char *text, uint8_t mac[PV_MAC_SIZE])
{
    for (int i = 0; i < PV_MAC_SIZE; i++) {
        char digits[3] = {0};

        if ((i > 0 && *text++ != ':') || !isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
            return false;
        }
        memcpy(digits, text, 2);
        mac[i] = (uint8_t)strtoul(digits, NULL, 16);
        text += 2;
    }
    return *text == '\0';
}

/* A number of a VLAN; moves the text on. 0: it is none. */
static unsigned int take_vlan(const char **text)
{
    unsigned int vlan = 0;

    while (isdigit((unsigned char)**text) && vlan <= PV_VLAN_MOST) {
        vlan = vlan * 10 + (unsigned int)(*(*text)++ - '0');
    }
    return vlan <= PV_VLAN_MOST ? vlan : 0;
}

bool pv_vlans_parse(const char *text, uint8_t vlans[PV_VLANS_SIZE])
{
    memset(vlans, 0, PV_VLANS_SIZE);
    do {
        unsigned int first = take_vlan(&text), last = first;

        if (*text == '-') {
            text++;
            last = take_vlan(&text);
        }
        if (first == 0 || last < first || (*text != '\0' && *text != ' ')) {
            return false;
        }
        for (; first <= last; first++) {
            vlans[first / BITS] |= (uint8_t)(1u << first % BITS);
        }
    } while (*text++ == ' ');
    return true;
}

bool pv_rate_parse(const char *text, uint64_t *rate)
{
    static const char units[] = "KMG";
    uint64_t number;
    const char *unit;
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    number = strtoull(text, &end, 10);
    unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (errno || (unit && number > UINT64_MAX / STEP / STEP / STEP)) {
        return false;
    }
    for (const char *step = units; unit && step <= unit; step++) {
        number *= STEP;
    }
    end += unit ? 1 : 0;
    if (strcmp(end, "b/s") != 0 && strcmp(end, "B/s") != 0) {
        return false;
    }
    *rate = end[0] == 'b' ? number / BITS : number;
    return true;
}

char *pv_rate_text(uint64_t rate, char text[PV_RATE_TEXT])
{
    static const char *const units[] = {"", "k", "M", "G"};
    unsigned int unit = 0;

    while (unit + 1 < sizeof(units) / sizeof(units[0]) && rate != 0 && rate % STEP == 0) {
        rate /= STEP;
        unit++;
    }
    snprintf(text, PV_RATE_TEXT, "%" PRIu64 "%sB/s", rate, units[unit]);
    return text;
}
