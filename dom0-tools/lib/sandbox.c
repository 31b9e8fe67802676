/* SPDX-License-Identifier: MIT */
/* A child process that may only work on what it has open already. */
#include "lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define ALLOW(name)                                                                                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int limit(int what, uint64_t value)
{
    struct rlimit limits = {value, value};

    return setrlimit((__rlimit_resource_t)what, &limits);
}

static int set_limits(const struct pv_sandbox_limits *limits)
{
    return limit(RLIMIT_AS, limits->memory) || limit(RLIMIT_FSIZE, limits->file_size) ||
           limit(RLIMIT_CPU, limits->seconds) || limit(RLIMIT_CORE, 0) || limit(RLIMIT_NPROC, 0) ||
           limit(RLIMIT_MEMLOCK, 0);
}

/* Namespaces are one wall more; a kernel that has none of them leaves the filter. */
static int drop_privileges(void)
{
    if (geteuid() == 0) {
        if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC) != 0) {
            errno = 0;
        }
        if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
            setresuid(NOBODY, NOBODY, NOBODY) != 0) {
            return -1;
        }
    }
    return prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int set_filter(void)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read), ALLOW(pread64), ALLOW(write), ALLOW(lseek), ALLOW(fstat),
        ALLOW(brk), ALLOW(mmap), ALLOW(mremap), ALLOW(munmap), ALLOW(madvise), ALLOW(getrandom),
        ALLOW(clock_gettime), ALLOW(rt_sigreturn), ALLOW(exit), ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static bool is_kept(int fd, const int fds[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] == fd) {
            return true;
        }
    }
    return fd <= STDERR_FILENO;
}

/* Closes all but those that are kept: the devices of the hypervisor are among the others. */
static int close_others(const int fds[], size_t count)
{
    int highest = STDERR_FILENO;

    for (size_t i = 0; i < count; i++) {
        highest = fds[i] > highest ? fds[i] : highest;
    }
    for (int fd = 0; fd <= highest; fd++) {
        if (!is_kept(fd, fds, count)) {
            close(fd);
        }
    }
    return (int)syscall(SYS_close_range, (unsigned int)highest + 1, ~0U, 0);
}

pid_t pv_sandbox_start(const struct pv_sandbox_limits *limits, const int fds[], size_t count,
                       int (*work)(void *context), void *context, struct pv_error *error)
{
    pid_t child = fork();

    if (child < 0) {
        return pv_error_errno(error, errno, "a process of its own");
    }
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || close_others(fds, count) || set_limits(limits) ||
            drop_privileges() || set_filter()) {
            _exit(127);
        }
        /* Not _exit: a sanitizer would first look for leaks, with calls that end the process. */
        syscall(SYS_exit_group, work(context) == 0 ? 0 : 1);
    }
    return child;
}

int pv_sandbox_wait(pid_t child, unsigned int seconds, struct pv_error *error)
{
    int status = 0, handle = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd wait = {.fd = handle, .events = POLLIN};

    if (handle < 0 || poll(&wait, 1, (int)seconds * 1000) <= 0) {
        kill(child, SIGKILL);
    }
    if (handle >= 0) {
        close(handle);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return pv_error_errno(error, errno, "waiting for a process");
        }
    }
    if (WIFSIGNALED(status)) {
        return pv_error_set(error, PV_ERROR_FAILURE, "the process that reads it was stopped (%s)",
                            WTERMSIG(status) == SIGSYS    ? "it did what it may not"
                            : WTERMSIG(status) == SIGKILL ? "it took too long"
                                                          : strsignal(WTERMSIG(status)));
    }
    if (WEXITSTATUS(status) == 127) {
        return pv_error_set(error, PV_ERROR_FAILURE, "a process without privileges cannot be made here");
    }
    return WEXITSTATUS(status) == 0 ? 0 : -1;
}
