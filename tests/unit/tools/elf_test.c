/* SPDX-License-Identifier: MIT */
/* Tests of the ELF reader and of the notes: what kernels say, and what hostile files say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_image.h"
#include "lib/elf.h"
#include "lib/notes.h"
#include "pvabi/elfnote.h"
#include "suites.h"

static struct pv_error error;
static struct kernel_image image;
static struct pv_elf elf;
static struct pv_notes notes;

static int read_image(void)
{
    memset(&error, 0, sizeof(error));
    return pv_elf_read(image.bytes, sizeof(image.bytes), &elf, &error);
}

static int judge(void)
{
    ck_assert_msg(read_image() == 0, "%s", error.message);
    pv_notes_read(&elf, &notes);
    return pv_notes_check(&elf, &notes, &error);
}

static void refuse_elf(const char *part)
{
    ck_assert_int_eq(read_image(), -1);
    ck_assert_msg(strstr(error.message, part) != NULL, "\"%s\" says nothing of \"%s\"", error.message, part);
    ck_assert_int_eq(error.class, PV_ERROR_USAGE);
}

static void refuse_notes(const char *part)
{
    ck_assert_int_eq(judge(), -1);
    ck_assert_msg(strstr(error.message, part) != NULL, "\"%s\" says nothing of \"%s\"", error.message, part);
    ck_assert_int_eq(error.class, PV_ERROR_USAGE);
}

START_TEST(linux_kernel)
{
    image_init_linux(&image);
    ck_assert_msg(judge() == 0, "%s", error.message);
    ck_assert_uint_eq(elf.segment_count, 1);
    ck_assert_uint_eq(elf.lowest, IMAGE_START);
    ck_assert_uint_eq(elf.highest, IMAGE_START + 0x6000);
    ck_assert_str_eq(notes.guest_os, "linux");
    ck_assert_uint_eq(notes.virt_base, IMAGE_BASE);
    ck_assert_uint_eq(notes.entry, IMAGE_BASE + IMAGE_START + 0x1c0);
    ck_assert(notes.has_init_p2m && notes.init_p2m == 0x8000000000ULL);
    ck_assert(notes.mod_start_pfn && !notes.has_hypercall_page && !notes.legacy);
}
END_TEST

START_TEST(narrow_numbers)
{
    uint32_t narrow = 0x2000, short_value = 7;

    image_init_linux(&image);
    image_note(&image, XEN_ELFNOTE_PADDR_OFFSET, &narrow, sizeof(narrow));
    image_note(&image, XEN_ELFNOTE_HYPERCALL_PAGE, &short_value, 2);
    ck_assert_int_eq(read_image(), 0);
    pv_notes_read(&elf, &notes);
    ck_assert_uint_eq(notes.paddr_offset, 0x2000);
    ck_assert(!notes.has_hypercall_page);
}
END_TEST

START_TEST(hostile_headers)
{
    image_init(&image);
    image_header(&image)->e_ident[EI_CLASS] = ELFCLASS32;
    refuse_elf("64-bit x86");
    image_init(&image);
    image_header(&image)->e_machine = EM_AARCH64;
    refuse_elf("64-bit x86");
    image_init(&image);
    image_header(&image)->e_type = ET_REL;
    refuse_elf("not a program");
    image_init(&image);
    image_header(&image)->e_phoff = sizeof(image.bytes) - 8;
    refuse_elf("broken ELF header");
    image_init(&image);
    image_header(&image)->e_phoff = UINT64_MAX - 8;
    refuse_elf("broken ELF header");
    image_init(&image);
    image_header(&image)->e_phnum = 0xffff;
    refuse_elf("broken ELF header");
    image_init(&image);
    image_header(&image)->e_phentsize = 1;
    refuse_elf("broken ELF header");
    image_init(&image);
    image_header(&image)->e_phnum = 0;
    refuse_elf("broken ELF header");
    image_init(&image);
    image.bytes[0] = 0;
    refuse_elf("not an ELF");
    ck_assert_int_eq(pv_elf_read(image.bytes, 3, &elf, &error), -1);
    ck_assert_int_eq(pv_elf_read(image.bytes, 0, &elf, &error), -1);
}
END_TEST

START_TEST(hostile_segments)
{
    image_init(&image);
    image_code(&image)->p_filesz = sizeof(image.bytes);
    image_code(&image)->p_memsz = sizeof(image.bytes);
    refuse_elf("beyond the file");
    image_init(&image);
    image_code(&image)->p_offset = UINT64_MAX;
    refuse_elf("beyond the file");
    image_init(&image);
    image_code(&image)->p_memsz = 1;
    refuse_elf("beyond the file");
    image_init(&image);
    image_code(&image)->p_paddr = UINT64_MAX - 0x1000;
    refuse_elf("address space");
    image_init(&image);
    image_code(&image)->p_memsz = UINT64_MAX - 0x1000;
    refuse_elf("address space");
    image_init(&image);
    image_code(&image)->p_type = PT_NULL;
    refuse_elf("nothing to load");
}
END_TEST

START_TEST(hostile_notes)
{
    Elf64_Nhdr *first;

    image_init_linux(&image);
    first = (Elf64_Nhdr *)(image.bytes + image_notes(&image)->p_offset);
    first->n_namesz = UINT32_MAX;
    refuse_notes("no Xen notes");
    first->n_namesz = 4;
    first->n_descsz = UINT32_MAX;
    refuse_notes("no Xen notes");
    image_init_linux(&image);
    image_notes(&image)->p_filesz = UINT64_MAX;
    refuse_notes("no Xen notes");
    image_init_linux(&image);
    image_notes(&image)->p_offset = 0;
    refuse_notes("no Xen notes");
}
END_TEST

START_TEST(unfit_kernels)
{
    image_init(&image);
    refuse_notes("no Xen notes");
    image_init_linux(&image);
    image_note_text(&image, XEN_ELFNOTE_XEN_VERSION, "xen-4.0");
    refuse_notes("another interface");
    image_init_linux(&image);
    image_note_text(&image, XEN_ELFNOTE_LOADER, "special");
    image_note_text(&image, XEN_ELFNOTE_GUEST_OS, "other");
    refuse_notes("loader");
    image_init_linux(&image);
    image_note_text(&image, XEN_ELFNOTE_FEATURES, "writable_page_tables|!auto_translated_physmap");
    refuse_notes("auto_translated_physmap");
    image_init_linux(&image);
    image_note_text(&image, XEN_ELFNOTE_FEATURES, "!");
    refuse_notes("requires the feature");
    image_init_linux(&image);
    image_note_number(&image, XEN_ELFNOTE_ENTRY, IMAGE_BASE);
    refuse_notes("entry point");
    image_init_linux(&image);
    image_note_number(&image, XEN_ELFNOTE_PADDR_OFFSET, IMAGE_START + 1);
    refuse_notes("do not fit");
    image_init_linux(&image);
    image_note_number(&image, XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000ULL);
    refuse_notes("outside of what a guest may use");
    image_init_linux(&image);
    image_note_number(&image, XEN_ELFNOTE_VIRT_BASE, 0x0000900000000000ULL);
    refuse_notes("outside of what a guest may use");
    image_init_linux(&image);
    image_note_number(&image, XEN_ELFNOTE_HYPERCALL_PAGE, IMAGE_BASE);
    refuse_notes("hypercall page");
}
END_TEST

/* Names of sections, and one section of text behind the segments' content. */
static void add_sections(const char *text, uint32_t type)
{
    static const char names[] = "\0__xen_guest\0.shstrtab";
    Elf64_Shdr *sections = (Elf64_Shdr *)(image.bytes + 0x1800);

    memcpy(image.bytes + 0x1a00, names, sizeof(names));
    memcpy(image.bytes + 0x1b00, text, strlen(text) + 1);
    memset(sections, 0, 3 * sizeof(*sections));
    sections[1] =
        (Elf64_Shdr){.sh_name = 1, .sh_type = type, .sh_offset = 0x1b00, .sh_size = strlen(text) + 1};
    sections[2] =
        (Elf64_Shdr){.sh_name = 13, .sh_type = SHT_STRTAB, .sh_offset = 0x1a00, .sh_size = sizeof(names)};
    image_header(&image)->e_shoff = 0x1800;
    image_header(&image)->e_shentsize = sizeof(*sections);
    image_header(&image)->e_shnum = 3;
    image_header(&image)->e_shstrndx = 2;
}

START_TEST(legacy_text)
{
    image_init(&image);
    image_code(&image)->p_paddr = 0x100000;
    image_header(&image)->e_entry = 0x100000;
    add_sections("GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x102,"
                 "LOADER=generic",
                 SHT_PROGBITS);
    ck_assert_msg(judge() == 0, "%s", error.message);
    ck_assert(notes.legacy);
    ck_assert_str_eq(notes.guest_os, "Mini-OS");
    ck_assert_uint_eq(notes.hypercall_page, 0x102000);
    add_sections("GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,LOADER=generic", SHT_PROGBITS);
    ck_assert_int_eq(read_image(), 0);
    pv_notes_read(&elf, &notes);
    ck_assert_uint_eq(notes.paddr_offset, 0xC0000000);
    add_sections("nonsense,=,==,VIRT_BASE", SHT_PROGBITS);
    refuse_notes("loader");
}
END_TEST

START_TEST(hostile_sections)
{
    Elf64_Shdr *sections = (Elf64_Shdr *)(image.bytes + 0x1800);
    size_t size;

    image_init(&image);
    add_sections("x", SHT_PROGBITS);
    ck_assert_int_eq(read_image(), 0);
    ck_assert_ptr_nonnull(pv_elf_section(&elf, "__xen_guest", &size));
    sections[1].sh_size = UINT64_MAX;
    ck_assert_ptr_null(pv_elf_section(&elf, "__xen_guest", &size));
    sections[1].sh_size = 1;
    sections[1].sh_name = UINT32_MAX;
    ck_assert_ptr_null(pv_elf_section(&elf, "__xen_guest", &size));
    sections[1].sh_name = 1;
    sections[2].sh_size = 5;
    ck_assert_ptr_null(pv_elf_section(&elf, "__xen_guest", &size));
    image_header(&image)->e_shstrndx = 9;
    ck_assert_ptr_null(pv_elf_section(&elf, "__xen_guest", &size));
    image_header(&image)->e_shoff = UINT64_MAX - 64;
    ck_assert_ptr_null(pv_elf_section(&elf, "__xen_guest", &size));
}
END_TEST

Suite *elf_suite(void)
{
    Suite *suite = suite_create("elf and notes");
    TCase *tests = tcase_create("elf");

    tcase_add_test(tests, linux_kernel);
    tcase_add_test(tests, narrow_numbers);
    tcase_add_test(tests, hostile_headers);
    tcase_add_test(tests, hostile_segments);
    tcase_add_test(tests, hostile_notes);
    tcase_add_test(tests, unfit_kernels);
    tcase_add_test(tests, legacy_text);
    tcase_add_test(tests, hostile_sections);
    suite_add_tcase(suite, tests);
    return suite;
}
