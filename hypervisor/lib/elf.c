/* SPDX-License-Identifier: MIT */
/* Headers, segments and sections of an ELF64 file, each checked against the image's size before it is used. */
#include "lib/elf.h"

#include "lib/overflow.h"
#include "lib/string.h"

/* Offsets and sizes of the fields that are read, by the ELF-64 object file format. */
#define ELF_HEADER_SIZE         64u
#define ELF_PROGRAM_HEADER_SIZE 56u
#define ELF_SECTION_HEADER_SIZE 64u
#define ELF_CLASS_64            2
#define ELF_DATA_LITTLE         1
#define ELF_TYPE_EXECUTABLE     2u
#define ELF_TYPE_SHARED         3u
#define ELF_MACHINE_X86_64      62u
#define ELF_SECTION_NOBITS      8u

static uint64_t read_field(const uint8_t *at, unsigned int size)
{
    uint64_t value = 0;

    memcpy(&value, at, size); /* both sides are little-endian */
    return value;
}

static uint16_t read_u16(const uint8_t *at)
{
    return (uint16_t)read_field(at, 2);
}

static bool looks_like_bzimage(const uint8_t *image, uint64_t size)
{
    return size >= 0x206 && memcmp(image + 0x202, "HdrS", 4) == 0;
}

static const char *check_identity(const uint8_t *image, uint64_t size)
{
    if (looks_like_bzimage(image, size)) {
        return "it is a bzImage: take the ELF out of it first with parvis-extract-kernel";
    }
    if (size < ELF_HEADER_SIZE || memcmp(image, "\177ELF", 4) != 0) {
        return "it is no ELF file";
    }
    if (image[4] != ELF_CLASS_64 || image[5] != ELF_DATA_LITTLE ||
        read_u16(image + 18) != ELF_MACHINE_X86_64) {
        return "it is no 64-bit ELF file for x86-64";
    }
    if (read_u16(image + 16) != ELF_TYPE_EXECUTABLE && read_u16(image + 16) != ELF_TYPE_SHARED) {
        return "it is an ELF file, but no program";
    }
    return NULL;
}

const char *elf_open(struct elf *elf, const void *image, uint64_t size)
{
    const uint8_t *bytes = image;
    const char *wrong = check_identity(bytes, size);

    if (wrong) {
        return wrong;
    }
    *elf = (struct elf){
        .image = bytes,
        .size = size,
        .entry = read_field(bytes + 24, 8),
        .program_offset = read_field(bytes + 32, 8),
        .section_offset = read_field(bytes + 40, 8),
        .program_size = read_u16(bytes + 54),
        .program_count = read_u16(bytes + 56),
        .section_size = read_u16(bytes + 58),
        .section_count = read_u16(bytes + 60),
        .section_names = read_u16(bytes + 62),
    };
    if (elf->program_count == 0 || elf->program_size < ELF_PROGRAM_HEADER_SIZE ||
        !range_fits(elf->program_offset, (uint64_t)elf->program_count * elf->program_size, size)) {
        return "its ELF program headers are missing or cut off";
    }
    /* Kernels are often stripped: sections that cannot be read are no sections. */
    if (elf->section_size < ELF_SECTION_HEADER_SIZE ||
        !range_fits(elf->section_offset, (uint64_t)elf->section_count * elf->section_size, size)) {
        elf->section_count = 0;
    }
    return NULL;
}

bool elf_segment_read(const struct elf *elf, unsigned int index, struct elf_segment *segment)
{
    const uint8_t *at = elf->image + elf->program_offset + (uint64_t)index * elf->program_size;

    *segment = (struct elf_segment){
        .type = (uint32_t)read_field(at, 4),
        .flags = (uint32_t)read_field(at + 4, 4),
        .offset = read_field(at + 8, 8),
        .virtual_address = read_field(at + 16, 8),
        .physical_address = read_field(at + 24, 8),
        .file_size = read_field(at + 32, 8),
        .memory_size = read_field(at + 40, 8),
    };
    return range_fits(segment->offset, segment->file_size, elf->size);
}

static bool section_header(const struct elf *elf, unsigned int index, struct elf_section *section,
                           uint32_t *name)
{
    const uint8_t *at = elf->image + elf->section_offset + (uint64_t)index * elf->section_size;

    *name = (uint32_t)read_field(at, 4);
    *section = (struct elf_section){
        .name = "",
        .type = (uint32_t)read_field(at + 4, 4),
        .offset = read_field(at + 24, 8),
        .size = read_field(at + 32, 8),
    };
    return section->type == ELF_SECTION_NOBITS || range_fits(section->offset, section->size, elf->size);
}

bool elf_section_read(const struct elf *elf, unsigned int index, struct elf_section *section)
{
    struct elf_section names;
    uint32_t name, ignored;

    if (!section_header(elf, index, section, &name)) {
        return false;
    }
    if (elf->section_names < elf->section_count &&
        section_header(elf, elf->section_names, &names, &ignored) && names.type != ELF_SECTION_NOBITS &&
        name < names.size) {
        const char *text = (const char *)elf->image + names.offset + name;

        if (memchr(text, '\0', names.size - name) != NULL) {
            section->name = text;
        }
    }
    return true;
}
