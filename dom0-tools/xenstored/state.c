/* SPDX-License-Identifier: MIT */
/* The file that holds the journal: read at the start, appended to in each round, written anew when it has
 * grown. */
#include "xenstored/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon.h"

#define STATE_MAGIC       "parvis-xenstored 1\n"
#define STATE_COMPACT_MIN (4UL * 1024 * 1024)

/* What a file begins with: it is of no use to another boot. */
struct state_head {
    char magic[24];
    char boot[40];
};

static void state_fill_head(struct state_head *head)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    memset(head, 0, sizeof(*head));
    strcpy(head->magic, STATE_MAGIC);
    if (file) {
        if (!fgets(head->boot, sizeof(head->boot), file)) {
            head->boot[0] = '\0';
        }
        fclose(file);
    }
}

/* Reads the whole file. NULL without an error when there is none. */
static char *state_load(const char *path, size_t *length, struct pv_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    char *bytes = NULL;

    error->number = 0;
    if (fd < 0 && errno == ENOENT) {
        return NULL;
    }
    if (fd < 0 || fstat(fd, &info) != 0) {
        pv_error_errno(error, errno, "cannot read the state %s", path);
    } else if (!(bytes = malloc((size_t)info.st_size + 1))) {
        pv_error_errno(error, ENOMEM, "cannot read the state %s", path);
    } else if (read(fd, bytes, (size_t)info.st_size) != info.st_size) {
        pv_error_errno(error, errno ? errno : EIO, "cannot read the state %s", path);
        free(bytes);
        bytes = NULL;
    } else {
        *length = (size_t)info.st_size;
    }
    if (fd >= 0) {
        close(fd);
    }
    return bytes;
}

static int state_restore(struct state *state, const char *bytes, size_t length, struct pv_error *error)
{
    const struct journal_reader reader = {
        .store = state->store,
        .context = state->domains,
        .domain = domains_restore,
        .domain_gone = domains_restore_gone,
        .input = domains_restore_input,
    };
    struct state_head head;
    int result;

    state_fill_head(&head);
    if (length < sizeof(head) || memcmp(bytes, &head, sizeof(head)) != 0) {
        daemon_log(DAEMON_INFO, "%s is of another start of this machine and is left alone", state->path);
        return 0;
    }
    result = journal_read(&reader, bytes + sizeof(head), length - sizeof(head), NULL);
    if (result) {
        return pv_error_errno(error, result,
                              "the state in %s is damaged; without the file xenstored starts empty",
                              state->path);
    }
    daemon_log(DAEMON_INFO, "goes on with the state of %s", state->path);
    domains_attach(state->domains);
    return 0;
}

int state_open(struct state *state, const char *path, struct store *store, struct domains *domains,
               struct pv_error *error)
{
    size_t length = 0;
    char *bytes;
    int result;

    *state = (struct state){.path = path, .fd = -1, .store = store, .domains = domains};
    if (!path) {
        return 0;
    }
    bytes = state_load(path, &length, error);
    if (!bytes) {
        return error->number ? -1 : 0;
    }
    result = state_restore(state, bytes, length, error);
    free(bytes);
    return result;
}

static int state_write(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);

        if (put < 0 && errno != EINTR) {
            return errno;
        }
        bytes += put > 0 ? put : 0;
        length -= put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* Writes everything to a new file, which takes the old one's place at once. */
static int state_compact(struct state *state)
{
    struct state_head head;
    char path[512];
    int fd, error;

    journal_empty(&state->journal);
    journal_store(&state->journal, state->store);
    domains_journal_all(state->domains);
    if (state->journal.failed) {
        return ENOMEM;
    }
    snprintf(path, sizeof(path), "%s.new", state->path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    state_fill_head(&head);
    error = state_write(fd, (const char *)&head, sizeof(head));
    error = error ? error : state_write(fd, state->journal.bytes, state->journal.length);
    if (!error && rename(path, state->path) != 0) {
        error = errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    if (state->fd >= 0) {
        close(state->fd);
    }
    state->fd = fd;
    state->size = sizeof(head) + state->journal.length;
    state->compact_size = STATE_COMPACT_MIN + 2 * state->size;
    journal_empty(&state->journal);
    return 0;
}

int state_begin(struct state *state, struct pv_error *error)
{
    int result;

    if (!state->path) {
        return 0;
    }
    state->store->journal = &state->journal;
    result = state_compact(state);
    return result ? pv_error_errno(error, result, "cannot write the state %s", state->path) : 0;
}

/* Without a file that is right the daemon goes on, but does not survive its own end. */
static void state_give_up(struct state *state, int error)
{
    daemon_log(DAEMON_ERROR, "cannot write the state %s: %s; it is kept no more", state->path,
               strerror(error));
    unlink(state->path);
    close(state->fd);
    state->fd = -1;
    state->path = NULL;
    state->store->journal = NULL;
}

void state_save(struct state *state)
{
    int error = 0;

    if (!state->path) {
        return;
    }
    domains_journal(state->domains);
    if (state->journal.length == 0 && !state->journal.failed) {
        return;
    }
    if (state->journal.failed || state->size + state->journal.length > state->compact_size) {
        error = state_compact(state);
    } else {
        error = state_write(state->fd, state->journal.bytes, state->journal.length);
        state->size += state->journal.length;
        journal_empty(&state->journal);
    }
    if (error) {
        state_give_up(state, error);
    }
}

void state_close(struct state *state)
{
    if (state->fd >= 0) {
        close(state->fd);
    }
    journal_clear(&state->journal);
}
