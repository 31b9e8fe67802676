/* SPDX-License-Identifier: MIT */
/* Disks in formats of QEMU, by qemu-nbd and the kernel's NBD client. Facts: the NBD protocol's document, and
 * linux/nbd-netlink.h. */
#include "lib/nbd.h"

#include <arpa/inet.h>
#include <endian.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/module.h"
#include "lib/netlink.h"
#include "lib/schema.h"

#define FOLDER           PV_NBD_FOLDER
#define HELLO_MAGIC      UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define OPTION_MAGIC     UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define FIXED_NEWSTYLE   1u
#define NO_ZEROES        2u
#define OPTION_EXPORT    1u
#define ZEROES           124
#define DEVICES_MOST     1024u
#define SECTOR           512
/* How long a request waits for its answer before the connection counts as dead, and then for a new one, in seconds. */
#define ANSWER_S         30
#define DEAD_S           60
#define BUSY_MS          3000
#define BUSY_STEP        200

/* A file system that cannot go past the page cache gets the nearest: flushes reach the medium all the same. */
static const char *cache_word(const struct pv_disk *disk)
{
    int fd = disk->cache == PV_CACHE_NONE ? open(disk->source, O_RDONLY | O_DIRECT | O_CLOEXEC) : -1;

    if (fd < 0) {
        return "--cache=writeback";
    }
    close(fd);
    return "--cache=none";
}

static void run_server(const struct pv_disk *disk, const char *socket_path, int output)
{
    const char *words[16] = {"qemu-nbd", "--fork", "--shared=1", "--discard=unmap", "--detect-zeroes=unmap"};
    char format[64], place[128];
    int count = 5;

    snprintf(format, sizeof(format), "--format=%s", pv_schema_disks.entries[PV_DISK_FORMAT].choices[disk->format]);
    snprintf(place, sizeof(place), "--socket=%s", socket_path);
    words[count++] = format;
    words[count++] = place;
    words[count++] = cache_word(disk);
    if (disk->access == PV_ACCESS_READ_ONLY) {
        words[count++] = "--read-only";
    }
    words[count++] = "--";
    words[count++] = disk->source;
    dup2(output, STDERR_FILENO);
    execvp(words[0], (char *const *)words);
    dprintf(STDERR_FILENO, "qemu-nbd: %s\n", strerror(errno));
    _exit(127);
}

/* Starts the server, which puts itself into the background when it listens; what it says before is the error. */
static int start_server(const struct pv_disk *disk, const char *socket_path, struct pv_error *error)
{
    char said[512] = "";
    size_t length = 0;
    int pipes[2], status = 0;
    ssize_t got = 1;
    pid_t child;

    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return pv_error_errno(error, errno, "a pipe for qemu-nbd");
    }
    child = fork();
    if (child == 0) {
        run_server(disk, socket_path, pipes[1]);
    }
    close(pipes[1]);
    /* The server closes its end when it is in the background. */
    while (child > 0 && length < sizeof(said) - 1 && got > 0) {
        got = read(pipes[0], said + length, sizeof(said) - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(pipes[0]);
    said[length] = '\0';
    said[strcspn(said, "\n")] = '\0';
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        return pv_error_errno(error, errno, "starting qemu-nbd");
    }
    return status == 0 ? 0 : pv_error_set(error, PV_ERROR_FAILURE, "%s", said[0] ? said : "qemu-nbd failed");
}

static bool receive(int fd, void *data, size_t size)
{
    return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

/* What the server exports. */
struct export {
    uint64_t size;
    uint16_t flags;
};

/* The handshake: the server's greeting, then the wish for its one export. */
static bool shake_hands(int fd, struct export *export)
{
    struct {
        uint64_t hello, option;
        uint16_t flags;
    } __attribute__((packed)) greeting;
    struct {
        uint32_t flags;
        uint64_t magic;
        uint32_t option, length;
    } __attribute__((packed)) wish;
    struct {
        uint64_t size;
        uint16_t flags;
    } __attribute__((packed)) answer;
    char zeroes[ZEROES];
    uint16_t offered;

    if (!receive(fd, &greeting, sizeof(greeting)) || be64toh(greeting.hello) != HELLO_MAGIC ||
        be64toh(greeting.option) != OPTION_MAGIC) {
        return false;
    }
    offered = be16toh(greeting.flags) & (FIXED_NEWSTYLE | NO_ZEROES);
    wish.flags = htobe32(offered);
    wish.magic = htobe64(OPTION_MAGIC);
    wish.option = htobe32(OPTION_EXPORT);
    wish.length = 0;
    if (send(fd, &wish, sizeof(wish), MSG_NOSIGNAL) != sizeof(wish) || !receive(fd, &answer, sizeof(answer)) ||
        (!(offered & NO_ZEROES) && !receive(fd, zeroes, sizeof(zeroes)))) {
        return false;
    }
    *export = (struct export){be64toh(answer.size), be16toh(answer.flags)};
    return true;
}

/* A connection to the server, past the handshake. */
static int connect_server(const char *socket_path, struct export *export, struct pv_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        pv_error_errno(error, errno, "connecting to qemu-nbd");
    } else if (!shake_hands(fd, export)) {
        pv_error_set(error, PV_ERROR_FAILURE, "qemu-nbd does not speak as expected");
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

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

/* Gives a device the connection: 0, EBUSY for one that is in use, or another errno. */
static int bind_device(uint16_t family, uint32_t number, int connection, const struct export *export)
{
    uint64_t block = SECTOR, dead = DEAD_S, answer = ANSWER_S, flags = export->flags;
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
static int take_device(int connection, const struct export *export, uint32_t *taken, struct pv_error *error)
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
        number_of_error = pv_nbd_is_bound(number) ? EBUSY : bind_device(family, number, connection, export);
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
    char path[64], part[sizeof(path) + 8];
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "/%u", record->number);
    snprintf(part, sizeof(part), "%s.part", path);
    file = fopen(part, "we");
    if (!file) {
        return;
    }
    fprintf(file, "%d %d %d %d %s", (int)record->pid, (int)record->disk.access, (int)record->disk.format,
            (int)record->disk.cache, record->disk.source);
    if (fclose(file) != 0 || rename(part, path) != 0) {
        unlink(part);
    }
}

bool pv_nbd_record_read(uint32_t number, struct pv_nbd_record *record)
{
    int pid, access, format, cache, start = 0;
    char path[64], text[PATH_MAX + 64];
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
    if (sscanf(text, "%d %d %d %d %n", &pid, &access, &format, &cache, &start) != 4 || start == 0 ||
        strlen(text + start) >= sizeof(record->source)) {
        return false;
    }
    *record = (struct pv_nbd_record){.number = number, .pid = pid};
    record->disk.access = (uint64_t)access;
    record->disk.format = (uint64_t)format;
    record->disk.cache = (uint64_t)cache;
    strcpy(record->source, text + start);
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

/* Starts a server for the disk and connects to it. */
static int reach_server(const struct pv_disk *disk, struct export *export, pid_t *pid, struct pv_error *error)
{
    char path[sizeof(FOLDER) + 32];
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    int connection;

    mkdir("/run/parvis", 0755);
    mkdir(FOLDER, 0700);
    snprintf(path, sizeof(path), FOLDER "/%d-%p", getpid(), (const void *)disk);
    unlink(path);
    /* QEMU locks images; a guest that was just destroyed lets go of its own a moment later. */
    for (int waited = 0; start_server(disk, path, error) != 0; waited += BUSY_STEP) {
        unlink(path);
        if (!strstr(error->message, " lock") || waited >= BUSY_MS) {
            return -1;
        }
        usleep(BUSY_STEP * 1000);
    }
    connection = connect_server(path, export, error);
    unlink(path);
    if (connection >= 0 && getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        *pid = peer.pid;
    }
    return connection;
}

int pv_nbd_open(const struct pv_disk *disk, struct pv_error *error)
{
    struct pv_nbd_record record = {.disk = *disk};
    struct export export;
    int connection = reach_server(disk, &export, &record.pid, error), fd;

    if (connection < 0) {
        return -1;
    }
    fd = take_device(connection, &export, &record.number, error);
    close(connection);
    if (fd >= 0) {
        write_record(&record);
    }
    return fd;
}

int pv_nbd_restart(struct pv_nbd_record *record, struct pv_error *error)
{
    struct export export;
    int connection = reach_server(&record->disk, &export, &record->pid, error), number_of_error;
    struct pv_netlink m;

    if (connection < 0) {
        return -1;
    }
    begin_generic(&m, find_family(), NBD_CMD_RECONFIGURE);
    pv_netlink_put(&m, NBD_ATTR_INDEX, &record->number, sizeof(record->number));
    put_socket(&m, connection);
    number_of_error = pv_netlink_ask(NETLINK_GENERIC, &m, NULL);
    close(connection);
    if (number_of_error != 0) {
        return pv_error_errno(error, number_of_error, "giving /dev/nbd%u its new server", record->number);
    }
    write_record(record);
    return 0;
}
