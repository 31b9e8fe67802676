/* SPDX-License-Identifier: MIT */
/* The way to the hypervisor through Linux's privcmd device. */
#include "lib/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/privcmd.h"

struct pv_ctx {
    int privcmd;
    unsigned char *arena;
    size_t used;
};

static int open_first(const char *const paths[], size_t count)
{
    int fd = -1;

    for (size_t i = 0; i < count && fd < 0; i++) {
        fd = open(paths[i], O_RDWR | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT) {
            break;
        }
    }
    return fd;
}

/*
 * Linux may move ordinary locked memory to another frame while the hypervisor reads it; the memory of
 * /dev/xen/hypercall it never moves. Kernels without that device get locked memory, which in practice stays.
 */
static void *arena_map(void)
{
    int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    void *arena = MAP_FAILED;

    if (fd >= 0) {
        arena = mmap(NULL, PV_CTX_ARENA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    }
    if (arena == MAP_FAILED) {
        arena = mmap(NULL, PV_CTX_ARENA, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    }
    if (arena != MAP_FAILED) {
        /* A child that copies on write would take the frame away from under a running hypercall. */
        madvise(arena, PV_CTX_ARENA, MADV_DONTFORK);
    }
    return arena;
}

struct pv_ctx *pv_ctx_open(struct pv_error *error)
{
    static const char *const paths[] = {"/dev/xen/privcmd", "/proc/xen/privcmd"};
    struct pv_ctx *ctx = calloc(1, sizeof(*ctx));

    if (!ctx) {
        pv_error_errno(error, ENOMEM, "opening the hypervisor's device");
        return NULL;
    }
    ctx->privcmd = open_first(paths, sizeof(paths) / sizeof(paths[0]));
    if (ctx->privcmd < 0) {
        pv_error_set(error, PV_ERROR_NO_HOST,
                     "%s: %s; is this dom0, with xen-privcmd loaded, and are you root?", paths[0],
                     strerror(errno));
        free(ctx);
        return NULL;
    }
    ctx->arena = arena_map();
    if (ctx->arena == MAP_FAILED) {
        pv_error_errno(error, errno, "memory for hypercalls");
        close(ctx->privcmd);
        free(ctx);
        return NULL;
    }
    return ctx;
}

void pv_ctx_close(struct pv_ctx *ctx)
{
    if (!ctx) {
        return;
    }
    munmap(ctx->arena, PV_CTX_ARENA);
    close(ctx->privcmd);
    free(ctx);
}

int pv_ctx_privcmd(const struct pv_ctx *ctx)
{
    return ctx->privcmd;
}

size_t pv_ctx_mark(const struct pv_ctx *ctx)
{
    return ctx->used;
}

void *pv_ctx_take(struct pv_ctx *ctx, size_t size)
{
    unsigned char *memory = ctx->arena + ctx->used;
    size_t rounded = (size + 7) & ~(size_t)7;

    if (rounded < size || rounded > PV_CTX_ARENA - ctx->used) {
        return NULL;
    }
    ctx->used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

void pv_ctx_release(struct pv_ctx *ctx, size_t mark)
{
    ctx->used = mark;
}

/* By syscall() rather than ioctl(): results wider than an int (counts, frame numbers) then arrive whole. */
long pv_hypercall(struct pv_ctx *ctx, unsigned int number, const uint64_t arguments[5])
{
    struct privcmd_call call = {.number = number};
    long result;

    memcpy(call.arguments, arguments, sizeof(call.arguments));
    do {
        result = syscall(SYS_ioctl, ctx->privcmd, PRIVCMD_IOCTL_HYPERCALL, &call);
    } while (result < 0 && errno == EAGAIN);
    return result < 0 ? -errno : result;
}

long pv_hypercall1(struct pv_ctx *ctx, unsigned int number, void *argument)
{
    const uint64_t arguments[5] = {(uintptr_t)argument};

    return pv_hypercall(ctx, number, arguments);
}

long pv_hypercall2(struct pv_ctx *ctx, unsigned int number, uint64_t command, void *argument)
{
    const uint64_t arguments[5] = {command, (uintptr_t)argument};

    return pv_hypercall(ctx, number, arguments);
}
