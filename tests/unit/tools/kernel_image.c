/* SPDX-License-Identifier: MIT */
/* Kernels for the tests. */
#include "kernel_image.h"

#include <stdlib.h>
#include <string.h>

#include "pvabi/elfnote.h"

#define NOTES_AT      0x400
#define CODE_AT       0x1000
#define CODE_SIZE     0x3000
#define SETUP_SECTORS 2

Elf64_Ehdr *image_header(struct kernel_image *image)
{
    return (Elf64_Ehdr *)image->bytes;
}

Elf64_Phdr *image_code(struct kernel_image *image)
{
    return (Elf64_Phdr *)(image->bytes + sizeof(Elf64_Ehdr));
}

Elf64_Phdr *image_notes(struct kernel_image *image)
{
    return image_code(image) + 1;
}

void image_init(struct kernel_image *image)
{
    Elf64_Ehdr *header = image_header(image);

    memset(image, 0, sizeof(*image));
    memcpy(header->e_ident, ELFMAG, SELFMAG);
    header->e_ident[EI_CLASS] = ELFCLASS64;
    header->e_ident[EI_DATA] = ELFDATA2LSB;
    header->e_type = ET_EXEC;
    header->e_machine = EM_X86_64;
    header->e_entry = IMAGE_START;
    header->e_phoff = sizeof(*header);
    header->e_phentsize = sizeof(Elf64_Phdr);
    header->e_phnum = 2;
    *image_code(image) = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_offset = CODE_AT,
                                      .p_paddr = IMAGE_START,
                                      .p_vaddr = IMAGE_BASE + IMAGE_START,
                                      .p_filesz = CODE_SIZE,
                                      .p_memsz = 2 * CODE_SIZE};
    *image_notes(image) = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT};
    for (size_t i = 0; i < CODE_SIZE; i++) {
        image->bytes[CODE_AT + i] = (uint8_t)(i * 7 + i / 256);
    }
}

void image_note(struct kernel_image *image, uint32_t type, const void *value, uint32_t size)
{
    Elf64_Nhdr header = {.n_namesz = sizeof("Xen"), .n_descsz = size, .n_type = type};
    uint8_t *at = image->bytes + NOTES_AT + image->notes_size;

    memcpy(at, &header, sizeof(header));
    memcpy(at + sizeof(header), "Xen", sizeof("Xen"));
    memcpy(at + sizeof(header) + sizeof("Xen"), value, size);
    image->notes_size += sizeof(header) + sizeof("Xen") + (size + 3) / 4 * 4;
    image_notes(image)->p_filesz = image->notes_size;
}

void image_note_text(struct kernel_image *image, uint32_t type, const char *text)
{
    image_note(image, type, text, (uint32_t)strlen(text) + 1);
}

void image_note_number(struct kernel_image *image, uint32_t type, uint64_t number)
{
    image_note(image, type, &number, sizeof(number));
}

void image_init_linux(struct kernel_image *image)
{
    image_init(image);
    image_note_text(image, XEN_ELFNOTE_GUEST_OS, "linux");
    image_note_text(image, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    image_note_text(image, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_note_text(image, XEN_ELFNOTE_LOADER, "generic");
    image_note_text(image, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    image_note_number(image, XEN_ELFNOTE_VIRT_BASE, IMAGE_BASE);
    image_note_number(image, XEN_ELFNOTE_INIT_P2M, 0x8000000000ULL);
    image_note_number(image, XEN_ELFNOTE_ENTRY, IMAGE_BASE + IMAGE_START + 0x1c0);
    image_note_number(image, XEN_ELFNOTE_MOD_START_PFN, 1);
}

uint8_t *image_bzimage(const void *payload, size_t payload_size, uint32_t unpacked_size, int append_size,
                       size_t *size)
{
    const size_t start = (SETUP_SECTORS + 1) * 512, gap = 64;
    uint32_t length = (uint32_t)(payload_size + (append_size ? sizeof(unpacked_size) : 0)), offset = gap;
    uint8_t *file = calloc(1, start + gap + length);

    file[0x1f1] = SETUP_SECTORS;
    memcpy(file + 0x202, "HdrS", 4);
    file[0x206] = 0x0f;
    file[0x207] = 0x02;
    memcpy(file + 0x248, &offset, sizeof(offset));
    memcpy(file + 0x24c, &length, sizeof(length));
    memcpy(file + start + gap, payload, payload_size);
    if (append_size) {
        memcpy(file + start + gap + payload_size, &unpacked_size, sizeof(unpacked_size));
    }
    *size = start + gap + length;
    return file;
}
