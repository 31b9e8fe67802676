/* SPDX-License-Identifier: MIT */
/* A guest's disks and networks, as its configuration describes them. */
#ifndef PVTOOLS_DEVICE_H
#define PVTOOLS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* Where an item of a list was written, for errors. It is the first member of each kind of item. */
struct pv_item_place {
    bool command_line;
    unsigned int line;
    uint32_t given; /* a bit for each key of the item that was there */
};

/* A list in a configuration. */
struct pv_list {
    void *items;
    size_t count;
};

enum pv_disk_key {
    PV_DISK_SOURCE,
    PV_DISK_TARGET,
    PV_DISK_ACCESS,
    PV_DISK_FORMAT,
    PV_DISK_CACHE,
    PV_DISK_BACKEND,
    PV_DISK_RATE, /* the first of the limits, which stand in the order of enum pv_disk_limit */
    PV_DISK_READ_RATE,
    PV_DISK_WRITE_RATE,
    PV_DISK_IOPS,
    PV_DISK_READ_IOPS,
    PV_DISK_WRITE_IOPS,
    PV_DISK_BOOT,
    PV_DISK_KEY_COUNT
};

enum pv_disk_access { PV_ACCESS_READ_WRITE, PV_ACCESS_READ_ONLY, PV_ACCESS_SHARED };
enum pv_disk_format { PV_FORMAT_RAW, PV_FORMAT_QCOW2 }; /* and others, of QEMU */
enum pv_disk_cache { PV_CACHE_NONE, PV_CACHE_WRITEBACK };

/* What a disk may do in a second: bytes, then requests. 0: no limit. */
enum pv_disk_limit {
    PV_LIMIT_BYTES,
    PV_LIMIT_READ_BYTES,
    PV_LIMIT_WRITE_BYTES,
    PV_LIMIT_REQUESTS,
    PV_LIMIT_READ_REQUESTS,
    PV_LIMIT_WRITE_REQUESTS,
    PV_LIMIT_COUNT
};

struct pv_disk {
    struct pv_item_place place;
    char *source; /* a file or a block device, absolute; remote storage; a word for a backend that is not dom0 */
    char *target;                   /* "xvda"; never NULL in a configuration that was read */
    uint64_t access, format, cache; /* enum pv_disk_* */
    char *backend;                  /* name or number of the domain that serves it; NULL: dom0 */
    uint64_t limits[PV_LIMIT_COUNT];
    uint64_t boot; /* bool: the one that the bootloader reads */
};

/* Whether the source is storage in the network, as QEMU writes it: "nbd://HOST/EXPORT", "rbd:POOL/IMAGE". */
bool pv_disk_is_remote(const struct pv_disk *disk);

enum pv_network_key {
    PV_NETWORK_BRIDGE,
    PV_NETWORK_MAC,
    PV_NETWORK_IP,
    PV_NETWORK_RATE,
    PV_NETWORK_VLAN,
    PV_NETWORK_TRUNKS,
    PV_NETWORK_BACKEND,
    PV_NETWORK_KEY_COUNT
};

#define PV_MAC_SIZE 6

struct pv_network {
    struct pv_item_place place;
    char *bridge;
    uint8_t mac[PV_MAC_SIZE];
    char *ip;      /* addresses with spaces between them; NULL: none */
    uint64_t rate; /* bytes a second that the guest may send; 0: no limit */
    uint64_t vlan; /* 0: none */
    char *trunks;  /* the VLANs whose frames come and go with tags, as pv_vlans_parse reads them; NULL: none */
    char *backend; /* as a disk's */
};

/* The number by which frontends and backends know a disk of that name ("xvda", "xvdb2", "xvdaa"). False where
 * it is no such name. Facts: Xen's vbd-interface(7). */
bool pv_disk_number(const char *target, uint32_t *number);

/* The name for a number; "" in `text` where it is none of ours. Returns text. */
#define PV_TARGET_TEXT 16
char *pv_disk_target(uint32_t number, char text[PV_TARGET_TEXT]);

/* "rate=2000000,iops=100": a disk's limits by their keys, in bytes and requests a second; empty where there is none.
 * Returns text. */
#define PV_LIMITS_TEXT 256
char *pv_limits_text(const uint64_t limits[PV_LIMIT_COUNT], char text[PV_LIMITS_TEXT]);
/* Reads such a text; false where it is none, and the limits are undefined then. */
bool pv_limits_parse(const char *text, uint64_t limits[PV_LIMIT_COUNT]);
bool pv_limits_any(const uint64_t limits[PV_LIMIT_COUNT]);
/* The key of a limit in a configuration. */
const char *pv_limits_key(enum pv_disk_limit limit);
static inline bool pv_limits_is_rate(enum pv_disk_limit limit)
{
    return limit <= PV_LIMIT_WRITE_BYTES;
}

/* "00:16:3e:01:02:03". */
#define PV_MAC_TEXT 18
void pv_mac_text(const uint8_t mac[PV_MAC_SIZE], char text[PV_MAC_TEXT]);
bool pv_mac_parse(const char *text, uint8_t mac[PV_MAC_SIZE]);

/* A set of VLANs from numbers and ranges with spaces between them, "10 20-29". False: no such text. */
#define PV_VLAN_MOST  4094
#define PV_VLANS_SIZE (4096 / 8)
bool pv_vlans_parse(const char *text, uint8_t vlans[PV_VLANS_SIZE]);
static inline bool pv_vlans_has(const uint8_t vlans[PV_VLANS_SIZE], unsigned int vlan)
{
    return vlans[vlan / 8] >> vlan % 8 & 1;
}

/* "100Mb/s", "10MB/s" and the like, in bytes a second; each unit is 1000 of the one before. False: no such text. */
bool pv_rate_parse(const char *text, uint64_t *rate);
#define PV_RATE_TEXT 32
char *pv_rate_text(uint64_t rate, char text[PV_RATE_TEXT]);

#endif
