/* SPDX-License-Identifier: MIT */
/* The partitions of a disk. Facts: the UEFI specification's chapter on GPT, and the MBR as everybody writes it. */
#include "lib/partition.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define SECTOR          512U
#define MBR_TABLE       446U
#define MBR_SIGNATURE   510U
#define TYPE_EMPTY      0x00
#define TYPE_EXTENDED   0x05
#define TYPE_EXTENDED_LBA 0x0f
#define TYPE_EXTENDED_LINUX 0x85
#define TYPE_PROTECTIVE 0xee
#define GPT_MAGIC       "EFI PART"
#define GPT_ENTRY_LEAST 128U
#define GPT_ENTRY_MOST  1024U

struct mbr_entry {
    uint8_t active, first[3], type, last[3];
    uint32_t start, count;
} __attribute__((packed));

struct gpt_header {
    char magic[8];
    uint8_t skipped[64];
    uint64_t table;
    uint32_t count, entry_size;
} __attribute__((packed));

struct gpt_entry {
    uint8_t type[16], id[16];
    uint64_t first, last;
} __attribute__((packed));

struct table {
    int fd;
    uint64_t sectors;
    struct pv_partition *list;
    size_t count;
};

static bool read_sector(const struct table *table, uint64_t sector, uint8_t data[SECTOR])
{
    return sector < table->sectors && pread(table->fd, data, SECTOR, (off_t)(sector * SECTOR)) == SECTOR;
}

static void add(struct table *table, uint64_t start, uint64_t count)
{
    if (table->count < PV_PARTITIONS_MOST && count && start && start < table->sectors &&
        count <= table->sectors - start) {
        table->list[table->count++] = (struct pv_partition){start * SECTOR, count * SECTOR};
    }
}

static bool is_extended(uint8_t type)
{
    return type == TYPE_EXTENDED || type == TYPE_EXTENDED_LBA || type == TYPE_EXTENDED_LINUX;
}

static bool read_entries(const struct table *table, uint64_t sector, struct mbr_entry entries[4])
{
    uint8_t data[SECTOR];

    if (!read_sector(table, sector, data) || data[MBR_SIGNATURE] != 0x55 || data[MBR_SIGNATURE + 1] != 0xaa) {
        return false;
    }
    memcpy(entries, data + MBR_TABLE, 4 * sizeof(*entries));
    return true;
}

/* A chain of tables in an extended partition, each of one partition and the next table; a chain may be a ring, so only
 * so many are read. */
static void read_chain(struct table *table, uint64_t extended)
{
    uint64_t at = extended;
    struct mbr_entry entries[4];

    for (unsigned int i = 0; i < PV_PARTITIONS_MOST && read_entries(table, at, entries); i++) {
        add(table, at + le32toh(entries[0].start), le32toh(entries[0].count));
        if (!is_extended(entries[1].type)) {
            return;
        }
        at = extended + le32toh(entries[1].start);
    }
}

static void read_gpt(struct table *table)
{
    uint8_t data[SECTOR];
    struct gpt_header header;
    struct gpt_entry entry;

    if (!read_sector(table, 1, data)) {
        return;
    }
    memcpy(&header, data, sizeof(header));
    if (memcmp(header.magic, GPT_MAGIC, sizeof(header.magic)) != 0 || le32toh(header.entry_size) < GPT_ENTRY_LEAST ||
        le32toh(header.entry_size) > GPT_ENTRY_MOST || le64toh(header.table) >= table->sectors) {
        return;
    }
    for (uint32_t i = 0; i < le32toh(header.count) && i < 2 * PV_PARTITIONS_MOST; i++) {
        static const uint8_t unused[16];
        off_t at = (off_t)(le64toh(header.table) * SECTOR + (uint64_t)i * le32toh(header.entry_size));

        if (pread(table->fd, &entry, sizeof(entry), at) != (ssize_t)sizeof(entry)) {
            return;
        }
        if (memcmp(entry.type, unused, sizeof(unused)) != 0 && le64toh(entry.last) >= le64toh(entry.first)) {
            add(table, le64toh(entry.first), le64toh(entry.last) - le64toh(entry.first) + 1);
        }
    }
}

size_t pv_partition_list(int fd, uint64_t size, struct pv_partition list[PV_PARTITIONS_MOST])
{
    struct table table = {.fd = fd, .sectors = size / SECTOR, .list = list};
    struct mbr_entry entries[4];

    if (!read_entries(&table, 0, entries)) {
        return 0;
    }
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t start = le32toh(entries[i].start);

        if (entries[i].type == TYPE_PROTECTIVE) {
            read_gpt(&table);
        } else if (is_extended(entries[i].type)) {
            read_chain(&table, start);
        } else if (entries[i].type != TYPE_EMPTY) {
            add(&table, start, le32toh(entries[i].count));
        }
    }
    return table.count;
}
