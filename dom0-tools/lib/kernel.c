/* SPDX-License-Identifier: MIT */
/* Finding the ELF file in a kernel's bzImage. */
#include "lib/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

/* The setup header of Linux's x86 boot protocol: offsets in the file. */
enum {
    SETUP_SECTORS = 0x1f1,
    SETUP_MAGIC = 0x202,
    SETUP_VERSION = 0x206,
    SETUP_PAYLOAD_OFFSET = 0x248,
    SETUP_PAYLOAD_LENGTH = 0x24c,
    SETUP_END = 0x250,
};

#define SECTOR 512
/* Since 2.08 the header says where the payload is. */
#define PROTOCOL_WITH_PAYLOAD 0x0208
/* An old kernel's 0 means 4. */
#define DEFAULT_SETUP_SECTORS 4
#define SIZE_FIELD            4

static const struct pv_unpacker *const unpackers[] = {&pv_unpack_gzip, &pv_unpack_xz, &pv_unpack_zstd,
                                                      &pv_unpack_lz4, &pv_unpack_lzma};

static uint32_t read_le(const uint8_t *data, unsigned int bytes)
{
    uint32_t value = 0;

    while (bytes-- > 0) {
        value = value << 8 | data[bytes];
    }
    return value;
}

static const struct pv_unpacker *find_unpacker(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof(unpackers) / sizeof(unpackers[0]); i++) {
        if (size >= unpackers[i]->magic_size &&
            memcmp(data, unpackers[i]->magic, unpackers[i]->magic_size) == 0) {
            return unpackers[i];
        }
    }
    return NULL;
}

/* A packed payload ends with its unpacked size: gzip's own trailer, and Linux's build appends it to the
 * others. */
static int describe(const uint8_t *data, size_t size, struct pv_payload *payload, struct pv_error *error)
{
    *payload = (struct pv_payload){.data = data, .size = size, .unpacked_size = size};
    if (pv_elf_is(data, size)) {
        return 0;
    }
    payload->unpacker = find_unpacker(data, size);
    if (!payload->unpacker) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "is packed in a way that is not known "
                            "(known are gzip, xz, lzma, zstd and lz4)");
    }
    if (size < payload->unpacker->magic_size + SIZE_FIELD) {
        return pv_error_set(error, PV_ERROR_USAGE, "is cut off");
    }
    payload->unpacked_size = read_le(data + size - SIZE_FIELD, SIZE_FIELD);
    if (payload->unpacked_size == 0 || payload->unpacked_size > PV_KERNEL_MAX) {
        return pv_error_set(error, PV_ERROR_USAGE, "is cut off or broken: it claims to unpack to %zu bytes",
                            payload->unpacked_size);
    }
    if (payload->unpacker->size_appended) {
        payload->size -= SIZE_FIELD;
    }
    return 0;
}

static int find_in_bzimage(const uint8_t *data, size_t size, struct pv_payload *payload,
                           struct pv_error *error)
{
    unsigned int version = read_le(data + SETUP_VERSION, 2);
    size_t sectors = data[SETUP_SECTORS] ? data[SETUP_SECTORS] : DEFAULT_SETUP_SECTORS;
    size_t start = (sectors + 1) * SECTOR + read_le(data + SETUP_PAYLOAD_OFFSET, 4);
    size_t length = read_le(data + SETUP_PAYLOAD_LENGTH, 4);

    if (version < PROTOCOL_WITH_PAYLOAD) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "is a bzImage of boot protocol %u.%02u; 2.08 or later is needed", version >> 8,
                            version & 0xff);
    }
    if (start > size || length > size - start || length == 0) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "is a bzImage that is cut off: its payload of %zu bytes at %zu "
                            "reaches beyond the file's %zu",
                            length, start, size);
    }
    return describe(data + start, length, payload, error);
}

int pv_kernel_find(const uint8_t *data, size_t size, struct pv_payload *payload, struct pv_error *error)
{
    if (size >= SETUP_END && memcmp(data + SETUP_MAGIC, "HdrS", 4) == 0) {
        return find_in_bzimage(data, size, payload, error);
    }
    if (pv_elf_is(data, size) || find_unpacker(data, size) == &pv_unpack_gzip) {
        return describe(data, size, payload, error);
    }
    return pv_error_set(error, PV_ERROR_USAGE, "is neither a Linux bzImage nor an ELF file");
}

int pv_kernel_unpack(const struct pv_payload *payload, uint8_t *out, struct pv_error *error)
{
    if (!payload->unpacker) {
        memcpy(out, payload->data, payload->size);
        return 0;
    }
    if (payload->unpacker->unpack(payload->data, payload->size, out, payload->unpacked_size, error) != 0) {
        return pv_error_wrap(error, "unpacking it (%s)", payload->unpacker->name);
    }
    if (!pv_elf_is(out, payload->unpacked_size)) {
        return pv_error_set(error, PV_ERROR_USAGE, "holds no ELF file: it cannot run as a PV guest");
    }
    return 0;
}
