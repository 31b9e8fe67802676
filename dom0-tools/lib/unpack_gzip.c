/* SPDX-License-Identifier: MIT */
/* Unpacks gzip: the only file that knows zlib. */
#include <zlib.h>

#include "lib/kernel.h"

/* Window bits 15, and 16 more for gzip's header and checksum. */
#define GZIP_WINDOW (15 + 16)

static int unpack(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, struct pv_error *error)
{
    z_stream stream = {.next_in = (z_const Bytef *)in,
                       .avail_in = (uInt)in_size,
                       .next_out = out,
                       .avail_out = (uInt)out_size};
    int result;

    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        return pv_error_set(error, PV_ERROR_RESOURCES, "no memory");
    }
    result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (result != Z_STREAM_END || stream.avail_out != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "broken or cut off");
    }
    return 0;
}

const struct pv_unpacker pv_unpack_gzip = {
    .name = "gzip", .magic = {0x1f, 0x8b, 0x08}, .magic_size = 3, .unpack = unpack};
