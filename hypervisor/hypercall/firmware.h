/* SPDX-License-Identifier: MIT */
/* platform_op's firmware_info. */
#ifndef HYPERCALL_FIRMWARE_H
#define HYPERCALL_FIRMWARE_H

#include "lib/types.h"
#include "pvabi/platform.h"

/* Answers in info. 0 or a negative errno. */
int64_t firmware_info(struct xenpf_firmware_info *info);

#endif
