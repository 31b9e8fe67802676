/* SPDX-License-Identifier: MIT */
/* The process `qemu-nbd` behind a disk's image, from its start to the end of the handshake. */
#ifndef PVTOOLS_NBD_SERVER_H
#define PVTOOLS_NBD_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/device.h"
#include "lib/error.h"

/* What the server exports: bytes, and the protocol's transmission flags. */
struct pv_nbd_export {
    uint64_t size;
    uint16_t flags;
};

/*
 * Starts a server in the background, which ends with its one connection, and shakes hands with it. Returns that
 * connection, ready for the kernel's client, or -1: the error says what qemu-nbd said. Whenever the caller is killed,
 * also halfway, the server ends. It holds the descriptor `lock` open, and so the lock that is on it; -1: there is none.
 */
int pv_nbd_server_start(const struct pv_disk *disk, int lock, pid_t *pid, struct pv_nbd_export *export,
                        struct pv_error *error);

#endif
