/* SPDX-License-Identifier: MIT */
/* Pages that other domains grant, mapped through Linux's /dev/xen/gntdev. */
#ifndef PV_LIB_GNTDEV_H
#define PV_LIB_GNTDEV_H

#include <stdint.h>

/* Opens the device, close-on-exec. Returns its descriptor or a negative errno. */
int gntdev_open(void);

/* Maps one page that domain domid granted to this one by reference ref, readable and writable. Stores its
 * address in *page. Returns 0 or a negative errno. */
int gntdev_map(int fd, uint32_t domid, uint32_t ref, void **page);

/* Unmaps a page that gntdev_map mapped. Returns 0 or a negative errno. */
int gntdev_unmap(int fd, void *page);

#endif
