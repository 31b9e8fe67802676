/* SPDX-License-Identifier: MIT */
/*
 * Starts qemu-nbd and speaks the first words with it. Facts: the NBD protocol's document; LISTEN_FDS and LISTEN_PID of
 * systemd's socket activation.
 *
 * The connection is made before the server runs, so it ends when the caller does, and the server with it. But a server
 * whose client goes away before the handshake is over waits for another one: a starter in between, a process in a
 * session of its own, brings the handshake to its end whatever happens to the caller.
 */
#include "lib/nbd_server.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/nbd.h"
#include "lib/nbd_options.h"
#include "lib/schema.h"

#define HELLO_MAGIC    UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define OPTION_MAGIC   UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define FIXED_NEWSTYLE 1u
#define NO_ZEROES      2u
#define OPTION_EXPORT  1u
#define ZEROES         124
#define LISTEN_FD      3 /* the first of socket activation */

/* What the starter found. */
struct started {
    bool done;
    pid_t pid;
    struct pv_nbd_export export;
    char said[512]; /* the first line of an error */
};

/*
 * Where a block of an image lies is known to the server alone until it flushes. What it has answered must outlive it,
 * or a guest's next flush, which the next server answers, is a lie: so all but raw files are written through. A file
 * system that cannot go past the page cache gets the nearest; flushes reach the medium with each.
 */
static const char *cache_word(const struct pv_disk *disk)
{
    int fd = disk->cache == PV_CACHE_NONE ? open(disk->source, O_RDONLY | O_DIRECT | O_CLOEXEC) : -1;
    bool raw = disk->format == PV_FORMAT_RAW;

    if (fd < 0) {
        return raw ? "--cache=writeback" : "--cache=writethrough";
    }
    close(fd);
    return raw ? "--cache=none" : "--cache=directsync";
}

/* What the server is told, and the room that its words need. */
struct words {
    const char *list[16];
    int count;
    char format[64], limits[PV_NBD_LIMITS], image[PV_NBD_IMAGE];
};

/* The image comes last. One with limits is described by options. */
static void add_image(struct words *words, const struct pv_disk *disk)
{
    if (pv_limits_any(disk->limits)) {
        words->list[words->count++] = "--object";
        words->list[words->count++] = pv_nbd_limits_option(disk, words->limits);
        words->list[words->count++] = "--image-opts";
        words->list[words->count++] = "--";
        words->list[words->count++] = pv_nbd_image_option(disk, words->image);
        return;
    }
    snprintf(words->format, sizeof(words->format), "--format=%s",
             pv_schema_disks.entries[PV_DISK_FORMAT].choices[disk->format]);
    words->list[words->count++] = words->format;
    words->list[words->count++] = "--";
    words->list[words->count++] = disk->source;
}

static void exec_server(const struct pv_disk *disk)
{
    struct words words = {.list = {"qemu-nbd", "--shared=1", "--discard=unmap"}, .count = 3};

    words.list[words.count++] = cache_word(disk);
    /* A raw file keeps the blocks that were allocated to it. */
    if (disk->format != PV_FORMAT_RAW) {
        words.list[words.count++] = "--detect-zeroes=unmap";
    }
    if (disk->access == PV_ACCESS_READ_ONLY) {
        words.list[words.count++] = "--read-only";
    }
    add_image(&words, disk);
    execvp(words.list[0], (char *const *)words.list);
    dprintf(STDERR_FILENO, "qemu-nbd: %s\n", strerror(errno));
}

/* Becomes the server: OUTPUT takes what it says, LISTENER is where its client waits, LOCK stays open. */
__attribute__((noreturn)) static void run_server(const struct pv_disk *disk, int lock, int listener, int output)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    char pid[16];

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    /* Nobody reads what it says later. */
    signal(SIGPIPE, SIG_IGN);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    dup2(output, STDERR_FILENO);
    if (lock >= 0) {
        fcntl(lock, F_DUPFD, LISTEN_FD + 1);
    }
    if (listener == LISTEN_FD ? fcntl(listener, F_SETFD, 0) >= 0 : dup2(listener, LISTEN_FD) >= 0) {
        exec_server(disk);
    }
    _exit(127);
}

static bool receive(int fd, void *data, size_t size)
{
    return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

/* The handshake: the server's greeting, then the wish for its one export. */
static bool shake_hands(int fd, struct pv_nbd_export *export)
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
    *export = (struct pv_nbd_export){be64toh(answer.size), be16toh(answer.flags)};
    return true;
}

/* Reads the first line that a process says until it ends. */
static void read_line(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got = 1;

    while (length < size - 1 && got > 0) {
        got = read(fd, text + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

/* The starter: starts the server, shakes hands, and tells the caller, if it is still there, how that went. */
__attribute__((noreturn)) static void run_starter(const struct pv_disk *disk, int lock, int listener, int connection,
                                                  int result)
{
    struct started started = {.pid = -1};
    int pipes[2];

    setsid();
    prctl(PR_SET_NAME, "nbd-starter");
    signal(SIGPIPE, SIG_IGN);
    if (pipe2(pipes, O_CLOEXEC) == 0) {
        started.pid = fork();
        if (started.pid == 0) {
            run_server(disk, lock, listener, pipes[1]);
        }
        /* When the server ends, nobody else holds the other ends: the handshake and the reading end too. */
        close(listener);
        close(pipes[1]);
        started.done = started.pid > 0 && shake_hands(connection, &started.export);
        if (!started.done && started.pid > 0) {
            kill(started.pid, SIGKILL);
            read_line(pipes[0], started.said, sizeof(started.said));
        }
    }
    _exit(write(result, &started, sizeof(started)) == sizeof(started) ? 0 : 1);
}

/* A place to listen at, and a client that waits there. */
static int make_connection(int *listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

    *listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mkdir("/run/parvis", 0755);
    mkdir(PV_NBD_FOLDER, 0700);
    snprintf(address.sun_path, sizeof(address.sun_path), PV_NBD_FOLDER "/.%d", (int)getpid());
    unlink(address.sun_path);
    result = bind(*listener, (struct sockaddr *)&address, sizeof(address));
    if (result == 0) {
        result = listen(*listener, 1);
    }
    if (result == 0) {
        result = connect(connection, (struct sockaddr *)&address, sizeof(address));
    }
    if (result != 0) {
        result = errno;
        close(*listener);
        close(connection);
        errno = result;
        connection = -1;
    }
    unlink(address.sun_path);
    return connection;
}

int pv_nbd_server_start(const struct pv_disk *disk, int lock, pid_t *pid, struct pv_nbd_export *export,
                        struct pv_error *error)
{
    struct started started = {.done = false};
    int listener, connection = make_connection(&listener), pipes[2];
    pid_t starter = -1;

    if (connection < 0) {
        return pv_error_errno(error, errno, "a socket for qemu-nbd");
    }
    if (pipe2(pipes, O_CLOEXEC) == 0) {
        starter = fork();
        if (starter == 0) {
            close(pipes[0]);
            run_starter(disk, lock, listener, connection, pipes[1]);
        }
        close(pipes[1]);
    }
    close(listener);
    if (starter > 0) {
        if (read(pipes[0], &started, sizeof(started)) != sizeof(started)) {
            started.done = false;
        }
        waitpid(starter, NULL, 0);
        close(pipes[0]);
    }
    if (!started.done) {
        close(connection);
        return pv_error_set(error, PV_ERROR_FAILURE, "%s", started.said[0] ? started.said : "qemu-nbd does not start");
    }
    *pid = started.pid;
    *export = started.export;
    return connection;
}
