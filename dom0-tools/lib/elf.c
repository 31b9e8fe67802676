/* SPDX-License-Identifier: MIT */
/* Reading a 64-bit x86 ELF file in memory: every offset and size is checked before its use. */
#include "lib/elf.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

/* Kernels live below this address; it also keeps sums of addresses from wrapping. */
#define ADDRESS_LIMIT (UINT64_C(1) << 47)

static bool inside(const struct pv_elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}

/* Headers are copied out, for they may lie at any address. */
static bool program_header(const struct pv_elf *elf, unsigned int index, Elf64_Phdr *header)
{
    Elf64_Ehdr file;

    memcpy(&file, elf->data, sizeof(file));
    if (index >= file.e_phnum) {
        return false;
    }
    if (!inside(elf, file.e_phoff, (uint64_t)(index + 1) * sizeof(*header))) {
        return false;
    }
    memcpy(header, elf->data + file.e_phoff + index * sizeof(*header), sizeof(*header));
    return true;
}

static bool section_header(const struct pv_elf *elf, unsigned int index, Elf64_Shdr *header)
{
    Elf64_Ehdr file;

    memcpy(&file, elf->data, sizeof(file));
    if (index >= file.e_shnum || file.e_shentsize != sizeof(*header)) {
        return false;
    }
    if (!inside(elf, file.e_shoff, (uint64_t)(index + 1) * sizeof(*header))) {
        return false;
    }
    memcpy(header, elf->data + file.e_shoff + index * sizeof(*header), sizeof(*header));
    return header->sh_type == SHT_NOBITS || inside(elf, header->sh_offset, header->sh_size);
}

bool pv_elf_is(const uint8_t *data, size_t size)
{
    return size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

static int check_header(const struct pv_elf *elf, const Elf64_Ehdr *file, struct pv_error *error)
{
    if (file->e_ident[EI_CLASS] != ELFCLASS64 || file->e_ident[EI_DATA] != ELFDATA2LSB ||
        file->e_machine != EM_X86_64) {
        return pv_error_set(error, PV_ERROR_USAGE, "is not a 64-bit x86 kernel");
    }
    if (file->e_type != ET_EXEC && file->e_type != ET_DYN) {
        return pv_error_set(error, PV_ERROR_USAGE, "is an ELF file, but not a program");
    }
    if (file->e_phnum == 0 || file->e_phentsize != sizeof(Elf64_Phdr) ||
        !inside(elf, file->e_phoff, (uint64_t)file->e_phnum * sizeof(Elf64_Phdr))) {
        return pv_error_set(error, PV_ERROR_USAGE, "has a broken ELF header, or the file is cut off");
    }
    return 0;
}

static int add_segment(struct pv_elf *elf, const Elf64_Phdr *header, struct pv_error *error)
{
    struct pv_elf_segment *segment = &elf->segments[elf->segment_count];

    if (elf->segment_count == PV_ELF_SEGMENTS) {
        return pv_error_set(error, PV_ERROR_USAGE, "has more than %d segments to load", PV_ELF_SEGMENTS);
    }
    if (!inside(elf, header->p_offset, header->p_filesz) || header->p_filesz > header->p_memsz ||
        header->p_paddr >= ADDRESS_LIMIT || header->p_memsz >= ADDRESS_LIMIT) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "has a segment that reaches beyond the file or the address space "
                            "(offset 0x%" PRIx64 ", 0x%" PRIx64 " of 0x%" PRIx64 " bytes)",
                            header->p_offset, header->p_filesz, header->p_memsz);
    }
    *segment = (struct pv_elf_segment){.address = header->p_paddr,
                                       .offset = header->p_offset,
                                       .file_size = header->p_filesz,
                                       .memory_size = header->p_memsz};
    if (segment->address < elf->lowest) {
        elf->lowest = segment->address;
    }
    if (segment->address + segment->memory_size > elf->highest) {
        elf->highest = segment->address + segment->memory_size;
    }
    elf->segment_count++;
    return 0;
}

int pv_elf_read(const uint8_t *data, size_t size, struct pv_elf *elf, struct pv_error *error)
{
    Elf64_Ehdr file;
    Elf64_Phdr header;

    *elf = (struct pv_elf){.data = data, .size = size, .lowest = UINT64_MAX};
    if (size < sizeof(file) || !pv_elf_is(data, size)) {
        return pv_error_set(error, PV_ERROR_USAGE, "is not an ELF file");
    }
    memcpy(&file, data, sizeof(file));
    if (check_header(elf, &file, error) != 0) {
        return -1;
    }
    elf->entry = file.e_entry;
    for (unsigned int i = 0; program_header(elf, i, &header); i++) {
        if (header.p_type == PT_LOAD && header.p_memsz != 0 && add_segment(elf, &header, error) != 0) {
            return -1;
        }
    }
    if (elf->segment_count == 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "has nothing to load in it");
    }
    return 0;
}

/* The index-th segment or section of notes, as bytes. False behind the last. */
static bool note_table(const struct pv_elf *elf, bool sections, unsigned int index, const uint8_t **start,
                       uint64_t *size)
{
    Elf64_Phdr segment;
    Elf64_Shdr section;

    *size = 0;
    if (sections) {
        if (!section_header(elf, index, &section)) {
            return false;
        }
        if (section.sh_type == SHT_NOTE) {
            *start = elf->data + section.sh_offset;
            *size = section.sh_size;
        }
        return true;
    }
    if (!program_header(elf, index, &segment)) {
        return false;
    }
    /* An offset of 0 is how some linkers leave a segment of notes that they threw away. */
    if (segment.p_type == PT_NOTE && segment.p_offset != 0 &&
        inside(elf, segment.p_offset, segment.p_filesz)) {
        *start = elf->data + segment.p_offset;
        *size = segment.p_filesz;
    }
    return true;
}

static uint64_t round_up4(uint64_t value)
{
    return (value + 3) & ~UINT64_C(3);
}

/* Reads the note at `offset` of a table and moves the offset behind it. False where there is no whole note.
 */
static bool note_at(const uint8_t *start, uint64_t size, struct pv_elf_note *note)
{
    Elf64_Nhdr header;
    uint64_t name, value;

    if (size < sizeof(header) || note->offset > size - sizeof(header)) {
        return false;
    }
    memcpy(&header, start + note->offset, sizeof(header));
    name = note->offset + sizeof(header);
    value = name + round_up4(header.n_namesz);
    if (value > size || header.n_descsz > size - value) {
        return false;
    }
    note->type = header.n_type;
    note->name = (const char *)start + name;
    note->name_size = header.n_namesz;
    note->value = start + value;
    note->value_size = header.n_descsz;
    note->offset = value + round_up4(header.n_descsz);
    return true;
}

bool pv_elf_next_note(const struct pv_elf *elf, bool sections, struct pv_elf_note *note)
{
    const uint8_t *start = NULL;
    uint64_t size;

    while (note_table(elf, sections, note->table, &start, &size)) {
        if (size != 0 && note_at(start, size, note)) {
            return true;
        }
        note->table++;
        note->offset = 0;
    }
    return false;
}

static bool name_is(const struct pv_elf *elf, const Elf64_Shdr *names, uint64_t offset, const char *name)
{
    size_t length = strlen(name) + 1;

    return names->sh_type != SHT_NOBITS && offset < names->sh_size && length <= names->sh_size - offset &&
           memcmp(elf->data + names->sh_offset + offset, name, length) == 0;
}

const uint8_t *pv_elf_section(const struct pv_elf *elf, const char *name, size_t *size)
{
    Elf64_Ehdr file;
    Elf64_Shdr names, section;

    memcpy(&file, elf->data, sizeof(file));
    if (!section_header(elf, file.e_shstrndx, &names)) {
        return NULL;
    }
    for (unsigned int i = 0; i < file.e_shnum; i++) {
        if (section_header(elf, i, &section) && section.sh_type != SHT_NOBITS &&
            name_is(elf, &names, section.sh_name, name)) {
            *size = section.sh_size;
            return elf->data + section.sh_offset;
        }
    }
    return NULL;
}
