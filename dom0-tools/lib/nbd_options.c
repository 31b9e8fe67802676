/* SPDX-License-Identifier: MIT */
/* What qemu-nbd is told of a disk. Facts: QEMU's throttling is a layer over the image, with a group of limits that is
 * an object (docs/throttle.txt of QEMU). */
#include "lib/nbd_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/schema.h"

#define GROUP "limits"
/* How long a request waits for its answer where nothing holds it back. */
#define ANSWER_S 30
/* Most requests of the kernel's NBD client, and most of one: its tags, and what Linux merges (BLK_DEF_MAX_SECTORS). */
#define REQUESTS_MOST      UINT64_C(128)
#define REQUEST_BYTES_MOST UINT64_C(1310720)

/* Adds to a text of `size` bytes. */
#define ADD(text, size, ...) snprintf((text) + strlen(text), (size) - strlen(text), __VA_ARGS__)

char *pv_nbd_limits_option(const struct pv_disk *disk, char text[PV_NBD_LIMITS])
{
    static const char *const names[PV_LIMIT_COUNT] = {"bps-total",  "bps-read",  "bps-write",
                                                      "iops-total", "iops-read", "iops-write"};
    const char *comma = "";

    snprintf(text, PV_NBD_LIMITS, "{\"qom-type\":\"throttle-group\",\"id\":\"" GROUP "\",\"limits\":{");
    for (int i = 0; i < PV_LIMIT_COUNT; i++) {
        if (disk->limits[i]) {
            ADD(text, PV_NBD_LIMITS, "%s\"%s\":%" PRIu64, comma, names[i], disk->limits[i]);
            comma = ",";
        }
    }
    ADD(text, PV_NBD_LIMITS, "}}");
    return text;
}

char *pv_nbd_image_option(const struct pv_disk *disk, char text[PV_NBD_IMAGE])
{
    char *to;

    snprintf(text, PV_NBD_IMAGE, "driver=throttle,throttle-group=" GROUP ",file.driver=%s,file.file.filename=",
             pv_schema_disks.entries[PV_DISK_FORMAT].choices[disk->format]);
    /* Commas part the options; a doubled one is none of those. */
    to = text + strlen(text);
    for (const char *from = disk->source; *from && to < text + PV_NBD_IMAGE - 2; from++) {
        if (*from == ',') {
            *to++ = ',';
        }
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* How long all that can be under way takes with a limit; the larger of two. */
static uint64_t held_back(uint64_t wait, uint64_t most, uint64_t limit)
{
    uint64_t own = limit ? (most + limit - 1) / limit : 0;

    return own > wait ? own : wait;
}

uint64_t pv_nbd_answer_s(const struct pv_disk *disk)
{
    uint64_t wait = 0;

    for (enum pv_disk_limit i = 0; i < PV_LIMIT_COUNT; i++) {
        wait = held_back(wait, pv_limits_is_rate(i) ? REQUESTS_MOST * REQUEST_BYTES_MOST : REQUESTS_MOST,
                         disk->limits[i]);
    }
    return ANSWER_S + wait;
}
