/* SPDX-License-Identifier: MIT */
/* The keys of a disk and of a network. */
#include "lib/device.h"
#include "lib/schema.h"

#define DISK(name)    offsetof(struct pv_disk, name)
#define NETWORK(name) offsetof(struct pv_network, name)

#define DISKS_MOST    64
#define NETWORKS_MOST 16
#define BRIDGE_MOST   15 /* what a name of a Linux interface has room for */
#define IP_MOST       255
#define RATE_LEAST    1000
#define RATE_MOST     UINT64_C(100000000000)
#define NAME_MOST     63
#define IOPS_MOST     10000000

static const char *const accesses[] = {"rw", "ro", "shared", NULL};
static const char *const formats[] = {"raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc", NULL};
static const char *const caches[] = {"none", "writeback", NULL};

#define RATE_LIMIT(name, limit, words)                                                                                \
    {.key = (name), .type = PV_TYPE_RATE, .offset = DISK(limits[limit]), .least = RATE_LEAST, .most = RATE_MOST,       \
     .fallback_help = "no limit", .help = (words)}
#define IOPS_LIMIT(name, limit, words)                                                                                \
    {.key = (name), .type = PV_TYPE_INTEGER, .offset = DISK(limits[limit]), .least = 1, .most = IOPS_MOST,             \
     .fallback_help = "no limit", .help = (words)}

static const struct pv_schema_entry disk_keys[PV_DISK_KEY_COUNT] = {
    [PV_DISK_SOURCE] = {
        .key = "source", .type = PV_TYPE_PATH, .offset = DISK(source), .required = true,
        .help = "A file or a block device (a partition, an LVM volume) in dom0. Without a leading slash it is relative "
                "to the folder of the configuration. Or storage in the network that QEMU knows, such as "
                "`nbd://HOST/EXPORT` or `iscsi://HOST/TARGET/LUN`, served by `qemu-nbd`; that one guest alone writes "
                "to it is up to its server then."},
    [PV_DISK_TARGET] = {
        .key = "target", .type = PV_TYPE_TARGET, .offset = DISK(target), .fallback_help = "the next free one",
        .help = "The name in the guest: `xvda` to `xvdzz`, or a partition such as `xvda1`."},
    [PV_DISK_ACCESS] = {
        .key = "access", .type = PV_TYPE_CHOICE, .offset = DISK(access), .choices = accesses, .fallback = "rw",
        .help = "`rw` for one guest that reads and writes, `ro` for reading, `shared` for several that write and know "
                "of one another."},
    [PV_DISK_FORMAT] = {
        .key = "format", .type = PV_TYPE_CHOICE, .offset = DISK(format), .choices = formats, .fallback = "raw",
        .help = "How the source holds the disk's content. All but `raw` are served by QEMU's `qemu-nbd`, a process for "
                "each disk that lives as long as the disk is attached."},
    [PV_DISK_CACHE] = {
        .key = "cache", .type = PV_TYPE_CHOICE, .offset = DISK(cache), .choices = caches, .fallback = "none",
        .help = "Of a file: `none` goes past dom0's page cache where the file system can, `writeback` through it. What "
                "the guest has flushed is on the medium with both."},
    [PV_DISK_BACKEND] = {
        .key = "backend", .type = PV_TYPE_TEXT, .offset = DISK(backend), .fallback_help = "dom0", .most = NAME_MOST,
        .help = "Name or number of the guest that serves the disk, a driver domain, which must run. `source` is a word "
                "for it then, such as `ram:4` of guest-lib's `ramdisk`, and `format`, `cache` and limits are its own."},
    [PV_DISK_RATE] = RATE_LIMIT("rate", PV_LIMIT_BYTES,
        "What the guest may read and write together: `20MB/s` in bytes, `160Mb/s` in bits. A disk with a limit is "
        "served by `qemu-nbd`, whatever its format."),
    [PV_DISK_READ_RATE] = RATE_LIMIT("read_rate", PV_LIMIT_READ_BYTES,
        "The same for reading alone; not beside `rate`."),
    [PV_DISK_WRITE_RATE] = RATE_LIMIT("write_rate", PV_LIMIT_WRITE_BYTES,
        "The same for writing alone; not beside `rate`."),
    [PV_DISK_IOPS] = IOPS_LIMIT("iops", PV_LIMIT_REQUESTS, "Requests in a second, of reading and writing together."),
    [PV_DISK_READ_IOPS] = IOPS_LIMIT("read_iops", PV_LIMIT_READ_REQUESTS,
        "The same for reading alone; not beside `iops`."),
    [PV_DISK_WRITE_IOPS] = IOPS_LIMIT("write_iops", PV_LIMIT_WRITE_REQUESTS,
        "The same for writing alone; not beside `iops`."),
    [PV_DISK_BOOT] = {
        .key = "boot", .type = PV_TYPE_BOOL, .offset = DISK(boot), .fallback_help = "the first disk",
        .help = "`true` for the disk that the `bootloader` reads."},
};

static const struct pv_schema_entry network_keys[PV_NETWORK_KEY_COUNT] = {
    [PV_NETWORK_BRIDGE] = {
        .key = "bridge", .type = PV_TYPE_TEXT, .offset = NETWORK(bridge), .required = true, .most = BRIDGE_MOST,
        .help = "The bridge of dom0 that the interface joins: one of Linux (`parvis network bridge` makes one), or "
                "else one of Open vSwitch."},
    [PV_NETWORK_MAC] = {
        .key = "mac", .type = PV_TYPE_MAC, .offset = NETWORK(mac), .fallback_help = "a random one of 00:16:3e",
        .help = "The interface's hardware address in the guest."},
    [PV_NETWORK_IP] = {
        .key = "ip", .type = PV_TYPE_TEXT, .offset = NETWORK(ip), .fallback_help = "none", .most = IP_MOST,
        .help = "Addresses of the guest, with spaces between them, for those who ask xenstore for them; the guest "
                "configures itself."},
    [PV_NETWORK_RATE] = {
        .key = "rate", .type = PV_TYPE_RATE, .offset = NETWORK(rate), .least = RATE_LEAST, .most = RATE_MOST,
        .fallback_help = "no limit", .help = "What the guest may send: `100Mb/s` in bits, `10MB/s` in bytes."},
    [PV_NETWORK_VLAN] = {
        .key = "vlan", .type = PV_TYPE_INTEGER, .offset = NETWORK(vlan), .least = 1, .most = PV_VLAN_MOST,
        .fallback_help = "none",
        .help = "The VLAN of the bridge that the interface belongs to; the guest sees no tags of it. A bridge of Linux "
                "gets the filter of VLANs switched on."},
    [PV_NETWORK_TRUNKS] = {
        .key = "trunks", .type = PV_TYPE_VLANS, .offset = NETWORK(trunks), .fallback_help = "none",
        .help = "VLANs whose frames the guest gets and sends with their tags: `10 20-29`. Frames without a tag are "
                "those of `vlan`, or none where that is not given."},
    [PV_NETWORK_BACKEND] = {
        .key = "backend", .type = PV_TYPE_TEXT, .offset = NETWORK(backend), .fallback_help = "dom0", .most = NAME_MOST,
        .help = "Name or number of the guest that serves the interface, a driver domain, which must run. `bridge` is a "
                "word for it then, and `rate`, `vlan` and `trunks` are for it to keep."},
};

const struct pv_schema_list pv_schema_disks = {
    .item = "disk", .entries = disk_keys, .entry_count = PV_DISK_KEY_COUNT, .item_size = sizeof(struct pv_disk),
    .most = DISKS_MOST};

const struct pv_schema_list pv_schema_networks = {
    .item = "network", .entries = network_keys, .entry_count = PV_NETWORK_KEY_COUNT,
    .item_size = sizeof(struct pv_network), .most = NETWORKS_MOST};
