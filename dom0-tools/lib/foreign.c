/* SPDX-License-Identifier: MIT */
/* Another domain's frames, mapped into this process by privcmd. */
#include "lib/foreign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "lib/privcmd.h"

static void *reserve(struct pv_ctx *ctx, size_t count, int writable, struct pv_error *error)
{
    void *address = mmap(NULL, count * PV_PAGE_SIZE, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
                         pv_ctx_privcmd(ctx), 0);

    if (address == MAP_FAILED) {
        pv_error_errno(error, errno, "address space for %zu pages of a domain", count);
        return NULL;
    }
    return address;
}

static int batch(struct pv_ctx *ctx, uint16_t domid, const uint64_t *frames, size_t count, void *address,
                 struct pv_error *error)
{
    int *errors = calloc(count, sizeof(*errors));
    struct privcmd_map_batch map = {.count = (uint32_t)count,
                                    .domid = domid,
                                    .address = (uintptr_t)address,
                                    .frames = frames,
                                    .errors = errors};
    int result = 0;

    if (!errors) {
        return pv_error_errno(error, ENOMEM, "mapping %zu pages of domain %u", count, domid);
    }
    if (ioctl(pv_ctx_privcmd(ctx), PRIVCMD_IOCTL_MAP_BATCH, &map) != 0 && errno != ENOENT) {
        result = pv_error_errno(error, errno, "mapping %zu pages of domain %u", count, domid);
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        if (errors[i] != 0) {
            result = pv_error_errno(error, -errors[i], "mapping frame 0x%" PRIx64 " of domain %u", frames[i],
                                    domid);
        }
    }
    free(errors);
    return result;
}

void *pv_foreign_map(struct pv_ctx *ctx, uint16_t domid, const uint64_t *frames, size_t count, int writable,
                     struct pv_error *error)
{
    void *address;

    if (count == 0 || count > UINT32_MAX) {
        pv_error_errno(error, EINVAL, "mapping %zu pages of domain %u", count, domid);
        return NULL;
    }
    address = reserve(ctx, count, writable, error);
    if (address && batch(ctx, domid, frames, count, address, error) != 0) {
        pv_foreign_unmap(address, count);
        address = NULL;
    }
    return address;
}

void *pv_foreign_map_resource(struct pv_ctx *ctx, uint16_t domid, uint32_t type, uint32_t id, uint32_t first,
                              size_t count, struct pv_error *error)
{
    struct privcmd_map_resource map = {
        .domid = domid, .type = type, .id = id, .first = first, .count = count};
    void *address = reserve(ctx, count, 1, error);

    if (!address) {
        return NULL;
    }
    map.address = (uintptr_t)address;
    if (ioctl(pv_ctx_privcmd(ctx), PRIVCMD_IOCTL_MAP_RESOURCE, &map) != 0) {
        pv_error_errno(error, errno, "mapping resource %u of domain %u", type, domid);
        pv_foreign_unmap(address, count);
        address = NULL;
    }
    return address;
}

void pv_foreign_unmap(void *address, size_t count)
{
    if (address) {
        munmap(address, count * PV_PAGE_SIZE);
    }
}
