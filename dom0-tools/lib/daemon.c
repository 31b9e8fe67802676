/* SPDX-License-Identifier: MIT */
/* What the daemons of dom0 share: their common options, the log, the background, the pid file, the end by a
 * signal. */
#include "lib/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DAEMON_OPTIONS_MAX   24
#define DAEMON_LOG_WINDOW_MS 10000
#define DAEMON_LOG_LINES     5

static const char *daemon_name = "parvis";
static bool daemon_verbose;
static bool daemon_to_syslog;
static int daemon_ready_pipe = -1;

uint64_t daemon_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void daemon_vlog(enum daemon_level level, const char *format, va_list arguments)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    static const char *const words[] = {"error: ", "warning: ", "", ""};
    char line[1280];

    if (level == DAEMON_DEBUG && !daemon_verbose) {
        return;
    }
    vsnprintf(line, sizeof(line), format, arguments);
    if (daemon_to_syslog) {
        syslog(priorities[level], "%s%s", words[level], line);
    } else {
        fprintf(stderr, "%s: %s%s\n", daemon_name, words[level], line);
    }
}

void daemon_log(enum daemon_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    daemon_vlog(level, format, arguments);
    va_end(arguments);
}

void daemon_log_limited(struct daemon_limit *limit, enum daemon_level level, const char *format, ...)
{
    uint64_t now = daemon_now_ms();
    va_list arguments;

    if (now - limit->window_start_ms > DAEMON_LOG_WINDOW_MS) {
        limit->window_start_ms = now;
        limit->count = 0;
    }
    if (limit->count++ >= DAEMON_LOG_LINES) {
        return;
    }
    va_start(arguments, format);
    daemon_vlog(level, format, arguments);
    va_end(arguments);
}

void daemon_fail(const struct pv_error *error)
{
    daemon_log(DAEMON_ERROR, "%s", error->message);
    exit(error->class);
}

static void daemon_help(const struct daemon *daemon)
{
    printf("usage: %s [OPTION...]\n\n%s\n\n", daemon->name, daemon->summary);
    for (const struct daemon_option *option = daemon->options; option->name; option++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        printf("  %-24s %s\n", left, option->help);
    }
    printf("  %-24s %s\n", "--daemon", "go to the background once it serves");
    printf("  %-24s the pid file (default %s)\n", "--pid-file FILE", daemon->pid_file);
    printf("  %-24s %s\n", "--verbose", "log more");
    printf("  %-24s %s\n", "--version", "print the version");
    printf("  %-24s %s\n", "--help", "print this text");
}

enum { DAEMON_BACKGROUND = 256, DAEMON_PID_FILE, DAEMON_VERBOSE, DAEMON_VERSION, DAEMON_HELP };

static void daemon_apply(struct daemon *daemon, int code, void *settings)
{
    struct pv_error error = {0};

    switch (code) {
    case DAEMON_BACKGROUND:
        daemon->background = true;
        break;
    case DAEMON_PID_FILE:
        daemon->pid_file = optarg;
        break;
    case DAEMON_VERBOSE:
        daemon_verbose = true;
        break;
    case DAEMON_VERSION:
        printf("%s %s\n", daemon->name, daemon->version);
        exit(0);
    case DAEMON_HELP:
        daemon_help(daemon);
        exit(0);
    case '?':
        fprintf(stderr, "%s --help lists the options\n", daemon->name);
        exit(PV_ERROR_USAGE);
    default:
        if (daemon->options[code].set(settings, optarg, &error) != 0) {
            fprintf(stderr, "%s: %s\n", daemon->name, error.message);
            exit(PV_ERROR_USAGE);
        }
    }
}

void daemon_parse(struct daemon *daemon, int argc, char **argv, void *settings)
{
    static const struct option common[] = {
        {"daemon", no_argument, NULL, DAEMON_BACKGROUND},
        {"pid-file", required_argument, NULL, DAEMON_PID_FILE},
        {"verbose", no_argument, NULL, DAEMON_VERBOSE},
        {"version", no_argument, NULL, DAEMON_VERSION},
        {"help", no_argument, NULL, DAEMON_HELP},
        {NULL, 0, NULL, 0},
    };
    struct option options[DAEMON_OPTIONS_MAX];
    int count = 0, code;

    daemon_name = daemon->name;
    for (; daemon->options[count].name; count++) {
        const struct daemon_option *option = &daemon->options[count];

        options[count] =
            (struct option){option->name, option->argument ? required_argument : no_argument, NULL, count};
    }
    memcpy(options + count, common, sizeof(common));
    while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
        daemon_apply(daemon, code, settings);
    }
    if (optind < argc) {
        fprintf(stderr, "%s: what is '%s'? --help lists the options\n", daemon->name, argv[optind]);
        exit(PV_ERROR_USAGE);
    }
}

/* The first process: waits for the word that the second one serves, or for its end. */
static void daemon_wait_ready(int pipe_fd, pid_t child)
{
    char word;
    int status;

    if (read(pipe_fd, &word, 1) == 1) {
        _exit(0);
    }
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : PV_ERROR_FAILURE);
}

/* A thousand guests are a thousand descriptors and more; what the system allows at most is allowed. */
static void daemon_raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void daemon_fork(const struct daemon *daemon)
{
    struct pv_error error;
    int ends[2];
    pid_t child;

    daemon_raise_descriptors();
    if (!daemon->background) {
        return;
    }
    if (pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
        pv_error_errno(&error, errno, "cannot go to the background");
        daemon_fail(&error);
    }
    if (child > 0) {
        close(ends[1]);
        daemon_wait_ready(ends[0], child);
    }
    close(ends[0]);
    setsid();
    daemon_ready_pipe = ends[1];
}

void daemon_ready(const struct daemon *daemon)
{
    int null_fd;

    if (!daemon->background) {
        return;
    }
    openlog(daemon->name, LOG_PID, LOG_DAEMON);
    daemon_to_syslog = true;
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        dup2(null_fd, STDERR_FILENO);
        close(null_fd);
    }
    if (write(daemon_ready_pipe, "r", 1) != 1) {
        daemon_log(DAEMON_WARNING, "nobody waits for the word that this daemon is ready");
    }
    close(daemon_ready_pipe);
}

int daemon_make_folder(const char *path, unsigned int mode, struct pv_error *error)
{
    char part[512];

    if (strlen(path) >= sizeof(part)) {
        return pv_error_errno(error, ENAMETOOLONG, "%s", path);
    }
    for (size_t length = 1; length <= strlen(path); length++) {
        if (path[length] != '/' && path[length] != '\0') {
            continue;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST) {
            return pv_error_errno(error, errno, "cannot make the folder %s", part);
        }
    }
    return 0;
}

/* An earlier daemon that was just killed, or a child of its, may hold the lock for a moment more. */
static int daemon_try_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int result = flock(fd, LOCK_EX | LOCK_NB);

    for (int i = 0; result != 0 && i < 25; i++) {
        nanosleep(&pause, NULL);
        result = flock(fd, LOCK_EX | LOCK_NB);
    }
    return result;
}

void daemon_child(void)
{
    closelog();
    close_range(STDERR_FILENO + 1, ~0u, 0);
}

int daemon_lock(const struct daemon *daemon, struct pv_error *error)
{
    char folder[512], text[16];
    const char *slash = strrchr(daemon->pid_file, '/');
    int fd, length;

    if (slash && slash > daemon->pid_file) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - daemon->pid_file), daemon->pid_file);
        if (daemon_make_folder(folder, 0755, error) != 0) {
            return -1;
        }
    }
    fd = open(daemon->pid_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return pv_error_errno(error, errno, "cannot open the pid file %s", daemon->pid_file);
    }
    if (daemon_try_lock(fd) != 0) {
        close(fd);
        return pv_error_set(error, PV_ERROR_FAILURE, "another %s runs: it holds %s", daemon->name,
                            daemon->pid_file);
    }
    length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        close(fd);
        return pv_error_errno(error, errno, "cannot write the pid file %s", daemon->pid_file);
    }
    return 0; /* the descriptor stays open: its lock is what says that this daemon lives */
}

int daemon_signals(struct pv_error *error)
{
    sigset_t signals;
    int fd;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : pv_error_errno(error, errno, "signals");
}

int daemon_signal(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
