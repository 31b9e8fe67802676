/* SPDX-License-Identifier: MIT */
/* parvis-extract-kernel: takes the ELF file out of a Linux bzImage, for hypervisors that load ELF only. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/elf.h"
#include "lib/kernel.h"
#include "lib/notes.h"

struct request {
    const char *source;
    const char *target; /* NULL: standard output */
    bool check_only;
};

static void print_help(void)
{
    puts("usage: parvis-extract-kernel [OPTION...] VMLINUZ\n\n"
         "Takes the ELF file out of a Linux bzImage (packed with gzip, xz, lzma, zstd or lz4), and says\n"
         "whether it can run as a PV guest. An ELF file is passed on as it is.\n\n"
         "  -o, --output FILE  write to FILE, which appears only when all is done, instead of standard output\n"
         "  -c, --check        write nothing: only say what the kernel is, and whether it can run as a PV guest\n"
         "  -h, --help         this text\n"
         "  -V, --version      the version\n\n"
         "Exit status: 0 done, 1 failure, 2 wrong usage, or no kernel for a PV guest.");
}

static int write_all(int fd, const uint8_t *data, size_t size, struct pv_error *error)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);

        if (put < 0 && errno != EINTR) {
            return pv_error_errno(error, errno, "writing");
        }
        if (put > 0) {
            data += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

/* The file gets its name when it is whole. */
static int write_file(const char *path, const uint8_t *data, size_t size, struct pv_error *error)
{
    char *part = NULL;
    int fd = -1, result;

    if (asprintf(&part, "%s.XXXXXX", path) > 0) {
        fd = mkstemp(part);
    }
    if (fd < 0) {
        pv_error_errno(error, errno, "%s", path);
        free(part);
        return -1;
    }
    result = write_all(fd, data, size, error);
    if (fchmod(fd, 0644) != 0 || close(fd) != 0 || (result == 0 && rename(part, path) != 0)) {
        result = pv_error_errno(error, errno, "%s", path);
    }
    if (result != 0) {
        unlink(part);
    }
    free(part);
    return result;
}

static int judge(const uint8_t *data, size_t size, const struct request *request, struct pv_error *error)
{
    struct pv_elf elf;
    struct pv_notes notes;

    if (pv_elf_read(data, size, &elf, error) != 0) {
        return -1;
    }
    pv_notes_read(&elf, &notes);
    if (pv_notes_check(&elf, &notes, error) != 0) {
        return -1;
    }
    if (request->check_only) {
        printf("%s: a PV kernel: %s %s, interface %s, entry 0x%llx\n", request->source, notes.guest_os,
               notes.guest_version, notes.xen_version, (unsigned long long)notes.entry);
    }
    return 0;
}

static int extract(const uint8_t *data, size_t size, const struct request *request, struct pv_error *error)
{
    struct pv_payload payload;
    uint8_t *out;
    int result;

    if (pv_kernel_find(data, size, &payload, error) != 0) {
        return -1;
    }
    out = malloc(payload.unpacked_size);
    if (!out) {
        return pv_error_errno(error, ENOMEM, "unpacking it");
    }
    result = pv_kernel_unpack(&payload, out, error);
    if (result == 0) {
        result = judge(out, payload.unpacked_size, request, error);
    }
    if (result == 0 && !request->check_only) {
        result = request->target ? write_file(request->target, out, payload.unpacked_size, error)
                                 : write_all(STDOUT_FILENO, out, payload.unpacked_size, error);
    }
    free(out);
    return result;
}

static int run(const struct request *request, struct pv_error *error)
{
    int fd = open(request->source, O_RDONLY | O_CLOEXEC), result;
    struct stat state;
    void *data;

    if (fd < 0 || fstat(fd, &state) != 0) {
        return pv_error_errno(error, errno, "%s", request->source);
    }
    if (!S_ISREG(state.st_mode) || state.st_size == 0 || (size_t)state.st_size > PV_KERNEL_MAX) {
        close(fd);
        return pv_error_set(error, PV_ERROR_USAGE, "%s: is no file of a kernel's size", request->source);
    }
    data = mmap(NULL, (size_t)state.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED) {
        return pv_error_errno(error, errno, "%s", request->source);
    }
    result = extract(data, (size_t)state.st_size, request, error);
    munmap(data, (size_t)state.st_size);
    return result != 0 ? pv_error_wrap(error, "%s", request->source) : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"check", no_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {0};
    struct pv_error error = {0};
    int letter;

    while ((letter = getopt_long(argc, argv, "o:chV", options, NULL)) != -1) {
        switch (letter) {
        case 'o':
            request.target = optarg;
            break;
        case 'c':
            request.check_only = true;
            break;
        case 'h':
            print_help();
            return 0;
        case 'V':
            puts("parvis-extract-kernel " PARVIS_VERSION);
            return 0;
        default:
            return PV_ERROR_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs("parvis-extract-kernel: one kernel, please; see --help\n", stderr);
        return PV_ERROR_USAGE;
    }
    request.source = argv[optind];
    if (run(&request, &error) != 0) {
        fprintf(stderr, "parvis-extract-kernel: %s\n", error.message);
        return (int)error.class;
    }
    return 0;
}
