/* SPDX-License-Identifier: MIT */
/* Unpacks zstd: the only file that knows libzstd. */
#include <zstd.h>

#include "lib/kernel.h"

static int unpack(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, struct pv_error *error)
{
    /* Behind the frame stands the size that Linux's build appends, which is no frame. */
    size_t frame = ZSTD_findFrameCompressedSize(in, in_size);
    size_t result;

    if (ZSTD_isError(frame)) {
        return pv_error_set(error, PV_ERROR_USAGE, "broken or cut off (%s)", ZSTD_getErrorName(frame));
    }
    result = ZSTD_decompress(out, out_size, in, frame);
    if (ZSTD_isError(result)) {
        return pv_error_set(error, PV_ERROR_USAGE, "broken (%s)", ZSTD_getErrorName(result));
    }
    return result == out_size ? 0
                              : pv_error_set(error, PV_ERROR_USAGE, "broken: of another size than it says");
}

const struct pv_unpacker pv_unpack_zstd = {.name = "zstd",
                                           .magic = {0x28, 0xb5, 0x2f, 0xfd},
                                           .magic_size = 4,
                                           .size_appended = true,
                                           .unpack = unpack};
