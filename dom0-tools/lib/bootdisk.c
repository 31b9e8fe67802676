/* SPDX-License-Identifier: MIT */
/* What a guest's own disk says is to be booted: the part that starts the sandbox and doubts what comes out of it. */
#include "lib/bootdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/bootfind.h"
#include "lib/nbd.h"
#include "lib/sandbox.h"

#define SANDBOX_MEMORY  (256UL * 1024 * 1024)
#define SANDBOX_SECONDS 60
/* A loaded machine may be slow; a child that spins is ended by its limit of CPU time. */
#define SANDBOX_WAIT    600

struct work {
    struct pv_bootfind find;
    int answer;
};

static int run(void *context)
{
    const struct work *work = context;
    struct pv_bootfound *found = calloc(1, sizeof(*found));

    if (!found) {
        return -1;
    }
    pv_bootfind_run(&work->find, found);
    return write(work->answer, found, sizeof(*found)) == (ssize_t)sizeof(*found) ? 0 : -1;
}

/* A guest's text that goes to logs and to a kernel: printable, and ended. */
static bool is_clean(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static int judge(struct pv_bootfound *found, struct pv_bootdisk *boot, struct pv_error *error)
{
    if (!is_clean(found->message, sizeof(found->message)) || !is_clean(found->title, sizeof(found->title)) ||
        !is_clean(found->kernel_name, sizeof(found->kernel_name)) ||
        !is_clean(found->cmdline, sizeof(found->cmdline))) {
        return pv_error_set(error, PV_ERROR_USAGE, "its boot configuration has characters that cannot be printed");
    }
    if (!found->done) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s", found->message);
    }
    memcpy(boot->kernel_name, found->kernel_name, sizeof(boot->kernel_name));
    memcpy(boot->title, found->title, sizeof(boot->title));
    memcpy(boot->cmdline, found->cmdline, sizeof(boot->cmdline));
    if (!found->has_ramdisk) {
        close(boot->ramdisk);
        boot->ramdisk = -1;
    }
    return 0;
}

static int run_sandbox(const struct work *work, struct pv_error *error)
{
    const struct pv_sandbox_limits limits = {
        .memory = SANDBOX_MEMORY, .file_size = PV_BOOTDISK_RAMDISK_MOST, .seconds = SANDBOX_SECONDS};
    const int fds[] = {work->find.disk, work->find.kernel, work->find.ramdisk, work->answer};
    pid_t child = pv_sandbox_start(&limits, fds, sizeof(fds) / sizeof(fds[0]), run, (void *)work, error);

    if (child < 0) {
        return -1;
    }
    pv_error_set(error, PV_ERROR_FAILURE, "the process that reads it failed");
    return pv_sandbox_wait(child, SANDBOX_WAIT, error);
}

/* What the child has found, doubted. */
static int read_answer(int answer, struct pv_bootdisk *boot, struct pv_error *error)
{
    struct pv_bootfound *found = calloc(1, sizeof(*found));
    int result = -1;

    if (!found) {
        pv_error_errno(error, ENOMEM, "memory for its kernel");
    } else if (pread(answer, found, sizeof(*found), 0) != (ssize_t)sizeof(*found)) {
        pv_error_set(error, PV_ERROR_FAILURE, "the process that reads it failed");
    } else {
        result = judge(found, boot, error);
    }
    free(found);
    return result;
}

int pv_bootdisk_read_fd(int disk, uint64_t size, struct pv_bootdisk *boot, struct pv_error *error)
{
    struct work work = {.find = {.disk = disk, .disk_size = size, .kernel_most = PV_BOOTDISK_KERNEL_MOST,
                                 .ramdisk_most = PV_BOOTDISK_RAMDISK_MOST}};
    int result = -1;

    *boot = (struct pv_bootdisk){.kernel = memfd_create("kernel", MFD_CLOEXEC),
                                 .ramdisk = memfd_create("ramdisk", MFD_CLOEXEC)};
    work.find.kernel = boot->kernel;
    work.find.ramdisk = boot->ramdisk;
    work.answer = memfd_create("answer", MFD_CLOEXEC);
    if (boot->kernel < 0 || boot->ramdisk < 0 || work.answer < 0) {
        pv_error_errno(error, errno, "memory for its kernel");
    } else if (run_sandbox(&work, error) == 0) {
        result = read_answer(work.answer, boot, error);
    }
    if (work.answer >= 0) {
        close(work.answer);
    }
    if (result != 0) {
        pv_bootdisk_close(boot);
    }
    return result;
}

int pv_bootdisk_read(const struct pv_disk *disk, struct pv_bootdisk *boot, struct pv_error *error)
{
    struct pv_disk copy = *disk;
    int fd, result = -1;
    bool served;
    off_t size;

    *boot = (struct pv_bootdisk){.kernel = -1, .ramdisk = -1};
    copy.access = PV_ACCESS_READ_ONLY;
    /* They are the guest's, and this is dom0 that reads. */
    memset(copy.limits, 0, sizeof(copy.limits));
    served = disk->format != PV_FORMAT_RAW || pv_disk_is_remote(disk);
    fd = served ? pv_nbd_open(&copy, -1, error) : open(disk->source, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return served ? -1 : pv_error_errno(error, errno, "%s", disk->source);
    }
    size = lseek(fd, 0, SEEK_END);
    if (size < 0) {
        pv_error_errno(error, errno, "%s", disk->source);
    } else {
        result = pv_bootdisk_read_fd(fd, (uint64_t)size, boot, error);
    }
    close(fd);
    return result;
}

void pv_bootdisk_close(struct pv_bootdisk *boot)
{
    if (boot->kernel >= 0) {
        close(boot->kernel);
    }
    if (boot->ramdisk >= 0) {
        close(boot->ramdisk);
    }
    boot->kernel = boot->ramdisk = -1;
}
