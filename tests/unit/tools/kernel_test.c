/* SPDX-License-Identifier: MIT */
/* Tests of taking kernels out of bzImages: each packing, each cut, each lie about sizes. */
#include <lz4hc.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "kernel_image.h"
#include "lib/kernel.h"
#include "suites.h"

static struct pv_error error;
static struct kernel_image image;
static uint8_t packed[2 * IMAGE_SIZE];

static size_t pack_gzip(void)
{
    z_stream stream = {.next_in = image.bytes, .avail_in = IMAGE_SIZE, .next_out = packed,
                       .avail_out = sizeof(packed)};

    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

/* As Linux's build does it: the filter for x86 code, and a CRC32. */
static size_t pack_xz(void)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_X86, NULL}, {LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t size = 0;

    ck_assert(!lzma_lzma_preset(&options, 6));
    ck_assert_int_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, image.bytes, IMAGE_SIZE, packed,
                                               &size, sizeof(packed)), LZMA_OK);
    return size;
}

static size_t pack_lzma(void)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_options_lzma options;

    ck_assert(!lzma_lzma_preset(&options, 6));
    ck_assert_int_eq(lzma_alone_encoder(&stream, &options), LZMA_OK);
    stream.next_in = image.bytes;
    stream.avail_in = IMAGE_SIZE;
    stream.next_out = packed;
    stream.avail_out = sizeof(packed);
    ck_assert_int_eq(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
    lzma_end(&stream);
    return stream.total_out;
}

static size_t pack_zstd(void)
{
    return ZSTD_compress(packed, sizeof(packed), image.bytes, IMAGE_SIZE, 19);
}

static size_t pack_lz4(void)
{
    int size = LZ4_compress_HC((const char *)image.bytes, (char *)packed + 8, (int)IMAGE_SIZE,
                               (int)sizeof(packed) - 8, 9);
    const uint32_t head[2] = {0x184c2102, (uint32_t)size};

    memcpy(packed, head, sizeof(head));
    return (size_t)size + sizeof(head);
}

static const struct packing {
    const char *name;
    size_t (*pack)(void);
    int append_size;
} packings[] = {{"gzip", pack_gzip, 0}, {"xz", pack_xz, 1}, {"lzma", pack_lzma, 1}, {"zstd", pack_zstd, 1},
                {"lz4", pack_lz4, 1}};

static int unpack(const uint8_t *file, size_t size, uint8_t **out)
{
    struct pv_payload payload;
    int result;

    memset(&error, 0, sizeof(error));
    *out = NULL;
    if (pv_kernel_find(file, size, &payload, &error) != 0) {
        return -1;
    }
    ck_assert_uint_le(payload.unpacked_size, PV_KERNEL_MAX);
    *out = malloc(payload.unpacked_size);
    result = pv_kernel_unpack(&payload, *out, &error);
    if (result != 0) {
        free(*out);
        *out = NULL;
    }
    return result;
}

START_TEST(each_packing)
{
    const struct packing *packing = &packings[_i];
    size_t size, packed_size;
    uint8_t *file, *out;

    image_init_linux(&image);
    packed_size = packing->pack();
    file = image_bzimage(packed, packed_size, IMAGE_SIZE, packing->append_size, &size);
    ck_assert_msg(unpack(file, size, &out) == 0, "%s: %s", packing->name, error.message);
    ck_assert_mem_eq(out, image.bytes, IMAGE_SIZE);
    free(out);
    free(file);
}
END_TEST

/* Wherever the payload is cut off, that is an error and no crash; the header tells of the shorter length. */
START_TEST(each_cut)
{
    const struct packing *packing = &packings[_i];
    size_t packed_size, step;

    image_init_linux(&image);
    packed_size = packing->pack();
    step = packed_size / 200 + 1;
    for (size_t cut = 0; cut < packed_size; cut += step) {
        size_t size;
        uint8_t *out, *file = image_bzimage(packed, cut, IMAGE_SIZE, packing->append_size, &size);

        ck_assert_msg(unpack(file, size, &out) != 0, "%s cut at %zu of %zu", packing->name, cut, packed_size);
        ck_assert(error.class != PV_ERROR_NONE && error.message[0] != '\0');
        free(file);
    }
}
END_TEST

/* The file ends before the payload that its header tells of does. */
START_TEST(short_file)
{
    size_t size, packed_size;
    uint8_t *out, *file;

    image_init_linux(&image);
    packed_size = pack_gzip();
    file = image_bzimage(packed, packed_size, IMAGE_SIZE, 0, &size);
    for (size_t cut = 0; cut < size; cut += 97) {
        uint8_t *copy = malloc(cut + 1);

        memcpy(copy, file, cut);
        ck_assert_int_eq(unpack(copy, cut, &out), -1);
        ck_assert_int_eq(error.class, PV_ERROR_USAGE);
        free(copy);
    }
    free(file);
}
END_TEST

START_TEST(wrong_sizes)
{
    const struct packing *packing = &packings[_i];
    static const uint32_t lies[] = {0, 1, IMAGE_SIZE - 1, IMAGE_SIZE + 1, 0x7fffffff, UINT32_MAX};
    size_t packed_size;

    image_init_linux(&image);
    packed_size = packing->pack();
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        size_t size;
        uint8_t *out, *file = image_bzimage(packed, packed_size, lies[i], 1, &size);

        ck_assert_msg(unpack(file, size, &out) != 0, "%s of claimed size %u", packing->name, lies[i]);
        free(file);
    }
}
END_TEST

START_TEST(bit_flips)
{
    const struct packing *packing = &packings[_i];
    size_t size, packed_size;
    uint8_t *file, *out;

    image_init_linux(&image);
    packed_size = packing->pack();
    file = image_bzimage(packed, packed_size, IMAGE_SIZE, packing->append_size, &size);
    for (size_t at = 0x1f0; at < size; at += size / 300 + 1) {
        file[at] ^= 0x41;
        if (unpack(file, size, &out) == 0) {
            free(out);
        }
        file[at] ^= 0x41;
    }
    free(file);
}
END_TEST

START_TEST(other_files)
{
    size_t size, packed_size;
    uint8_t *file, *out;

    image_init_linux(&image);
    ck_assert_int_eq(unpack(image.bytes, IMAGE_SIZE, &out), 0);
    ck_assert_mem_eq(out, image.bytes, IMAGE_SIZE);
    free(out);
    packed_size = pack_gzip();
    ck_assert_int_eq(unpack(packed, packed_size, &out), 0);
    free(out);
    file = image_bzimage(image.bytes, IMAGE_SIZE, 0, 0, &size);
    ck_assert_int_eq(unpack(file, size, &out), 0);
    free(out);
    file[0x207] = 0x01;
    ck_assert_int_eq(unpack(file, size, &out), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "boot protocol"));
    free(file);
    file = image_bzimage("BZh91AY", 7, 100, 1, &size);
    ck_assert_int_eq(unpack(file, size, &out), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "not known"));
    free(file);
    ck_assert_int_eq(unpack((const uint8_t *)"#!/bin/sh\n", 10, &out), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "neither"));
    ck_assert_int_eq(unpack((const uint8_t *)"", 0, &out), -1);
}
END_TEST

Suite *kernel_suite(void)
{
    const int count = sizeof(packings) / sizeof(packings[0]);
    Suite *suite = suite_create("kernel extraction");
    TCase *tests = tcase_create("kernel");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_packing, 0, count);
    tcase_add_loop_test(tests, each_cut, 0, count);
    tcase_add_loop_test(tests, wrong_sizes, 0, count);
    tcase_add_loop_test(tests, bit_flips, 0, count);
    tcase_add_test(tests, short_file);
    tcase_add_test(tests, other_files);
    suite_add_tcase(suite, tests);
    return suite;
}
