/* SPDX-License-Identifier: MIT */
/* Kernels for the tests: a small ELF file with Xen notes, and bzImages around it. */
#ifndef TOOLS_KERNEL_IMAGE_H
#define TOOLS_KERNEL_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_BASE  0xffffffff80000000ULL
#define IMAGE_START 0x1000000ULL /* physical */
#define IMAGE_SIZE  0x4000UL

/* The file's parts, to be changed by a test. One segment to load, one of notes. */
struct kernel_image {
    uint8_t bytes[IMAGE_SIZE];
    size_t notes_size;
};

Elf64_Ehdr *image_header(struct kernel_image *image);
Elf64_Phdr *image_code(struct kernel_image *image);
Elf64_Phdr *image_notes(struct kernel_image *image);

/* An empty image with its headers. */
void image_init(struct kernel_image *image);

/* Adds notes. */
void image_note(struct kernel_image *image, uint32_t type, const void *value, uint32_t size);
void image_note_text(struct kernel_image *image, uint32_t type, const char *text);
void image_note_number(struct kernel_image *image, uint32_t type, uint64_t number);

/* What Linux says of itself, more or less. */
void image_init_linux(struct kernel_image *image);

/*
 * A bzImage around a payload that a test packed; the unpacked size stands behind the payload where
 * `append_size`. For free().
 */
uint8_t *image_bzimage(const void *payload, size_t payload_size, uint32_t unpacked_size, int append_size,
                       size_t *size);

#endif
