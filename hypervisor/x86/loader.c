/* SPDX-License-Identifier: MIT */
/* What the boot loader told this machine: read through the boot tables, which map the low 4 GiB. */
#include "x86/loader.h"
#include "lib/overflow.h"
#include "port/map.h"

#define MAPPED_SIZE 0x100000000ull

struct boot_info boot_info;

static const void *view(uint64_t physical, uint64_t length)
{
    return range_fits(physical, length, MAPPED_SIZE) ? (const void *)(LAYOUT_DIRECT + physical) : NULL;
}

const char *x86_loader_read(uint32_t magic, uint32_t address)
{
    return boot_info_read(&boot_info, magic, address, view);
}
