/* SPDX-License-Identifier: MIT */
/* Unpacks xz, with its filter for x86 code, and the older lzma: the only file that knows liblzma. */
#include <lzma.h>

#include "lib/kernel.h"

/* Linux packs itself with a dictionary of 32 MiB; more than twice that only a hostile file asks for. */
#define MEMORY_LIMIT (96UL * 1024 * 1024)

static int run(lzma_stream *stream, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
               struct pv_error *error)
{
    lzma_ret result;

    stream->next_in = in;
    stream->avail_in = in_size;
    stream->next_out = out;
    stream->avail_out = out_size;
    do {
        result = lzma_code(stream, LZMA_RUN);
    } while (result == LZMA_OK); /* without progress it ends by itself, as LZMA_BUF_ERROR */
    lzma_end(stream);
    if (result == LZMA_MEMLIMIT_ERROR || result == LZMA_MEM_ERROR) {
        return pv_error_set(error, PV_ERROR_RESOURCES, "it needs more memory than allowed");
    }
    return result == LZMA_STREAM_END && stream->avail_out == 0
               ? 0
               : pv_error_set(error, PV_ERROR_USAGE, "broken or cut off");
}

static int unpack_xz(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, struct pv_error *error)
{
    lzma_stream stream = LZMA_STREAM_INIT;

    if (lzma_stream_decoder(&stream, MEMORY_LIMIT, 0) != LZMA_OK) {
        return pv_error_set(error, PV_ERROR_RESOURCES, "no memory");
    }
    return run(&stream, in, in_size, out, out_size, error);
}

static int unpack_lzma(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
                       struct pv_error *error)
{
    lzma_stream stream = LZMA_STREAM_INIT;

    if (lzma_alone_decoder(&stream, MEMORY_LIMIT) != LZMA_OK) {
        return pv_error_set(error, PV_ERROR_RESOURCES, "no memory");
    }
    return run(&stream, in, in_size, out, out_size, error);
}

const struct pv_unpacker pv_unpack_xz = {.name = "xz",
                                         .magic = {0xfd, '7', 'z', 'X', 'Z', 0},
                                         .magic_size = 6,
                                         .size_appended = true,
                                         .unpack = unpack_xz};
const struct pv_unpacker pv_unpack_lzma = {
    .name = "lzma", .magic = {0x5d, 0, 0}, .magic_size = 3, .size_appended = true, .unpack = unpack_lzma};
