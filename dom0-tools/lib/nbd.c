/* SPDX-License-Identifier: MIT */
/* Disks in formats of QEMU: devices of the kernel's NBD client. Facts: linux/nbd-netlink.h. */
#include "lib/nbd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/nbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/filelock.h"
#include "lib/module.h"
#include "lib/nbd_options.h"
#include "lib/nbd_server.h"
#include "lib/netlink.h"

#define FOLDER           PV_NBD_FOLDER
#define DEVICES_MOST     1024u
#define SECTOR           512
/* How long a request waits for a new connection when its own is dead, in seconds. */
#define NO_LIMITS        "-" /* in a record */
#define DEAD_S           60
#define BUSY_MS          3000
#define BUSY_STEP        200

static void begin_generic(struct pv_netlink *m, uint16_t family, uint8_t command)
{
    struct genlmsghdr *header;

    pv_netlink_begin(m, family, 0);
    header = pv_netlink_extend(m, sizeof(*header));
    *header = (struct genlmsghdr){.cmd = command, .version = 1};
}

/* The number by which netlink knows the NBD client; 0: it is not there. */
static uint16_t find_family(void)
{
    struct pv_netlink m, answer;
    const struct rtattr *id;

    begin_generic(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    pv_netlink_put(&m, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
    if (pv_netlink_ask(NETLINK_GENERIC, &m, &answer) != 0) {
        return 0;
    }
    id = pv_netlink_find(&answer, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
    return id ? *(const uint16_t *)RTA_DATA(id) : 0;
}

static void put_socket(struct pv_netlink *m, int connection)
{
    uint32_t fd = (uint32_t)connection;
    struct rtattr *list = pv_netlink_open(m, NBD_ATTR_SOCKETS | NLA_F_NESTED);
    struct rtattr *item = pv_netlink_open(m, NBD_SOCK_ITEM | NLA_F_NESTED);

    pv_netlink_put(m, NBD_SOCK_FD, &fd, sizeof(fd));
    pv_netlink_close(m, item);
    pv_netlink_close(m, list);
}

/* Gives a device the connection, with how long an answer may take: 0, EBUSY for one that is in use, or another
 * errno. */
static int bind_device(uint16_t family, uint32_t number, int connection, const struct pv_nbd_export *export,
                       uint64_t answer)
{
    uint64_t block = SECTOR, dead = DEAD_S, flags = export->flags;
    uint64_t behaviour = NBD_CFLAG_DISCONNECT_ON_CLOSE;
    struct pv_netlink m;

    begin_generic(&m, family, NBD_CMD_CONNECT);
    pv_netlink_put(&m, NBD_ATTR_INDEX, &number, sizeof(number));
    pv_netlink_put(&m, NBD_ATTR_SIZE_BYTES, &export->size, sizeof(export->size));
    pv_netlink_put(&m, NBD_ATTR_BLOCK_SIZE_BYTES, &block, sizeof(block));
    pv_netlink_put(&m, NBD_ATTR_SERVER_FLAGS, &flags, sizeof(flags));
    pv_netlink_put(&m, NBD_ATTR_CLIENT_FLAGS, &behaviour, sizeof(behaviour));
    pv_netlink_put(&m, NBD_ATTR_DEAD_CONN_TIMEOUT, &dead, sizeof(dead));
    pv_netlink_put(&m, NBD_ATTR_TIMEOUT, &answer, sizeof(answer));
    put_socket(&m, connection);
    return pv_netlink_ask(NETLINK_GENERIC, &m, NULL);
}

/* Gives the first free device the connection, and opens it: the connection ends when the last one closes the device.
 * One that somebody has open does not take a connection, so it cannot be opened before; somebody who opens and closes
 * it in between ends the connection, which shows. */
static int take_device(const struct pv_disk *disk, int connection, const struct pv_nbd_export *export, uint32_t *taken,
                       struct pv_error *error)
{
    uint16_t family = find_family();
    int number_of_error = ENODEV, fd;
    uint32_t number = 0;
    char path[32];

    if (!family && pv_module_load("nbd", error) != 0) {
        return -1;
    }
    family = family ? family : find_family();
    for (; family && number < DEVICES_MOST; number++) {
        number_of_error = pv_nbd_is_bound(number)
                              ? EBUSY
                              : bind_device(family, number, connection, export, pv_nbd_answer_s(disk));
        if (number_of_error != EBUSY) {
            break;
        }
    }
    if (number_of_error != 0) {
        return pv_error_errno(error, number_of_error, "a free NBD device");
    }
    snprintf(path, sizeof(path), "/dev/nbd%u", number);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && !pv_nbd_is_bound(number)) {
        close(fd);
        return pv_error_set(error, PV_ERROR_FAILURE, "somebody else looked into %s and ended its connection", path);
    }
    *taken = number;
    return fd >= 0 ? fd : pv_error_errno(error, errno, "%s", path);
}

/* The record appears when it is whole. */
static void write_record(const struct pv_nbd_record *record)
{
    char path[64], part[sizeof(path) + 8], limits[PV_LIMITS_TEXT];
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "/%u", record->number);
    snprintf(part, sizeof(part), "%s.part", path);
    file = fopen(part, "we");
    if (!file) {
        return;
    }
    pv_limits_text(record->disk.limits, limits);
    fprintf(file, "%d %d %d %d %s %s", (int)record->pid, (int)record->disk.access, (int)record->disk.format,
            (int)record->disk.cache, limits[0] ? limits : NO_LIMITS, record->disk.source);
    if (fclose(file) != 0 || rename(part, path) != 0) {
        unlink(part);
    }
}

/* Reads the limits in front of a source, and returns where that begins, or NULL. */
static char *take_limits(char *text, uint64_t limits[PV_LIMIT_COUNT])
{
    char *space = strchr(text, ' ');

    if (!space) {
        return NULL;
    }
    *space = '\0';
    return pv_limits_parse(strcmp(text, NO_LIMITS) == 0 ? "" : text, limits) ? space + 1 : NULL;
}

bool pv_nbd_record_read(uint32_t number, struct pv_nbd_record *record)
{
    int pid, access, format, cache, start = 0;
    char path[64], text[PATH_MAX + PV_LIMITS_TEXT + 64], *rest;
    size_t length;
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "/%u", number);
    file = fopen(path, "re");
    if (!file) {
        return false;
    }
    length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    if (sscanf(text, "%d %d %d %d %n", &pid, &access, &format, &cache, &start) != 4 || start == 0) {
        return false;
    }
    *record = (struct pv_nbd_record){.number = number, .pid = pid};
    rest = take_limits(text + start, record->disk.limits);
    if (!rest || strlen(rest) >= sizeof(record->source)) {
        return false;
    }
    record->disk.access = (uint64_t)access;
    record->disk.format = (uint64_t)format;
    record->disk.cache = (uint64_t)cache;
    strcpy(record->source, rest);
    record->disk.source = record->source;
    return true;
}

void pv_nbd_record_remove(uint32_t number)
{
    char path[64];

    snprintf(path, sizeof(path), FOLDER "/%u", number);
    unlink(path);
}

bool pv_nbd_is_bound(uint32_t number)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/block/nbd%u/pid", number);
    return access(path, F_OK) == 0;
}

/* QEMU locks images; a guest that was just destroyed lets go of its own a moment later. */
static int start_server(const struct pv_disk *disk, int lock, pid_t *pid, struct pv_nbd_export *export,
                        struct pv_error *error)
{
    int connection = pv_nbd_server_start(disk, lock, pid, export, error);

    for (int waited = 0; connection < 0 && strstr(error->message, " lock") && waited < BUSY_MS; waited += BUSY_STEP) {
        usleep(BUSY_STEP * 1000);
        connection = pv_nbd_server_start(disk, lock, pid, export, error);
    }
    return connection;
}

int pv_nbd_open(const struct pv_disk *disk, int lock, struct pv_error *error)
{
    struct pv_nbd_record record = {.disk = *disk};
    struct pv_nbd_export export;
    int connection = start_server(disk, lock, &record.pid, &export, error), fd;

    if (connection < 0) {
        return -1;
    }
    fd = take_device(disk, connection, &export, &record.number, error);
    close(connection);
    if (fd >= 0) {
        write_record(&record);
    }
    return fd;
}

/* The source's lock went with the dead server: the new one gets it, unless somebody else was faster. */
static int start_again(struct pv_nbd_record *record, struct pv_nbd_export *export, struct pv_error *error)
{
    int lock, connection = -1;

    if (pv_disk_is_remote(&record->disk)) {
        return start_server(&record->disk, -1, &record->pid, export, error);
    }
    lock = open(record->source, O_RDONLY | O_CLOEXEC);
    if (lock < 0) {
        return pv_error_errno(error, errno, "%s", record->source);
    }
    if (pv_filelock_take(lock, &record->disk, error) == 0) {
        connection = start_server(&record->disk, lock, &record->pid, export, error);
    }
    close(lock);
    return connection;
}

int pv_nbd_restart(struct pv_nbd_record *record, struct pv_error *error)
{
    struct pv_nbd_export export;
    int connection = start_again(record, &export, error), number_of_error;
    struct pv_netlink m;

    if (connection < 0) {
        return -1;
    }
    /* Whoever is killed here leaves the record of a server that ends with its connection, not one that is not known. */
    write_record(record);
    begin_generic(&m, find_family(), NBD_CMD_RECONFIGURE);
    pv_netlink_put(&m, NBD_ATTR_INDEX, &record->number, sizeof(record->number));
    put_socket(&m, connection);
    number_of_error = pv_netlink_ask(NETLINK_GENERIC, &m, NULL);
    close(connection);
    if (number_of_error != 0) {
        return pv_error_errno(error, number_of_error, "giving /dev/nbd%u its new server", record->number);
    }
    return 0;
}
