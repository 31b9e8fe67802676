/* SPDX-License-Identifier: MIT */
/* Unpacks lz4's legacy format, which Linux uses: the only file that knows liblz4. */
#include <lz4.h>
#include <string.h>

#include "lib/kernel.h"

#define MAGIC_SIZE 4
/* Each block unpacks to this, the last one to less. */
#define BLOCK_SIZE (8U * 1024 * 1024)

/* Blocks follow one another, each behind its packed size of 4 bytes; behind the last stands the unpacked
 * size. */
static int unpack(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, struct pv_error *error)
{
    size_t position = MAGIC_SIZE, done = 0;

    while (done < out_size) {
        size_t room = out_size - done < BLOCK_SIZE ? out_size - done : BLOCK_SIZE;
        uint32_t packed;
        int result;

        if (in_size - position < sizeof(packed)) {
            return pv_error_set(error, PV_ERROR_USAGE, "cut off");
        }
        memcpy(&packed, in + position, sizeof(packed));
        position += sizeof(packed);
        if (packed > in_size - position || packed > (uint32_t)LZ4_compressBound(BLOCK_SIZE)) {
            return pv_error_set(error, PV_ERROR_USAGE, "broken or cut off");
        }
        result = LZ4_decompress_safe((const char *)in + position, (char *)out + done, (int)packed, (int)room);
        if (result <= 0 || ((size_t)result != room)) {
            return pv_error_set(error, PV_ERROR_USAGE, "broken");
        }
        position += packed;
        done += (size_t)result;
    }
    return 0;
}

const struct pv_unpacker pv_unpack_lz4 = {.name = "lz4",
                                          .magic = {0x02, 0x21, 0x4c, 0x18},
                                          .magic_size = 4,
                                          .size_appended = true,
                                          .unpack = unpack};
