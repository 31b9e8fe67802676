/* SPDX-License-Identifier: MIT */
/*
 * Tests of the ELF reader: kernels as they are, kernels that lack something, and files that lie about
 * themselves.
 */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"
#include "pvabi/elfnote.h"
#include "pvabi/features.h"

#define IMAGE_SIZE  0x2000u
#define NOTES_AT    0x400u
#define CODE_AT     0x1000u
#define SECTIONS_AT 0x800u
#define NAMES_AT    0xc00u
#define TEXT_AT     0xd00u
#define BASE        0xffffffff80000000ull

/* A kernel image under construction: one loadable segment, one of notes. */
struct image {
    uint8_t *bytes;
    Elf64_Ehdr *header;
    Elf64_Phdr *code, *notes;
    uint32_t notes_end;
};

static void image_start(struct image *i)
{
    i->bytes = calloc(1, IMAGE_SIZE);
    i->header = (Elf64_Ehdr *)i->bytes;
    i->code = (Elf64_Phdr *)(i->bytes + sizeof(Elf64_Ehdr));
    i->notes = i->code + 1;
    memcpy(i->header->e_ident, ELFMAG, SELFMAG);
    i->header->e_ident[EI_CLASS] = ELFCLASS64;
    i->header->e_ident[EI_DATA] = ELFDATA2LSB;
    i->header->e_type = ET_EXEC;
    i->header->e_machine = EM_X86_64;
    i->header->e_entry = BASE + 0x1000010;
    i->header->e_phoff = sizeof(Elf64_Ehdr);
    i->header->e_phentsize = sizeof(Elf64_Phdr);
    i->header->e_phnum = 2;
    *i->code = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_offset = CODE_AT,
                            .p_vaddr = BASE + 0x1000000,
                            .p_paddr = 0x1000000,
                            .p_filesz = 0x1000,
                            .p_memsz = 0x3000};
    *i->notes = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT};
    i->notes_end = NOTES_AT;
}

static void image_note(struct image *i, uint32_t type, const void *value, uint32_t size)
{
    const uint32_t header[3] = {4, size, type};
    uint8_t *at = i->bytes + i->notes_end;

    memcpy(at, header, sizeof(header));
    memcpy(at + 12, "Xen", 4);
    memcpy(at + 16, value, size);
    i->notes_end += 16 + (size + 3) / 4 * 4;
    i->notes->p_filesz = i->notes_end - NOTES_AT;
}

static void image_text_note(struct image *i, uint32_t type, const char *text)
{
    image_note(i, type, text, (uint32_t)strlen(text) + 1);
}

static void image_number_note(struct image *i, uint32_t type, uint64_t value)
{
    image_note(i, type, &value, sizeof(value));
}

/* What Debian's kernel says of itself. */
static void image_linux(struct image *i)
{
    uint32_t one = 1;

    image_start(i);
    image_text_note(i, XEN_ELFNOTE_GUEST_OS, "linux");
    image_text_note(i, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    image_text_note(i, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_number_note(i, XEN_ELFNOTE_VIRT_BASE, BASE);
    image_number_note(i, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    image_number_note(i, XEN_ELFNOTE_ENTRY, BASE + 0x1000010);
    image_text_note(i, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    image_note(i, XEN_ELFNOTE_SUPPORTED_FEATURES, &(uint32_t){1u << 0 | 1u << 11 | 1u << 15}, 4);
    image_text_note(i, XEN_ELFNOTE_PAE_MODE, "yes");
    image_text_note(i, XEN_ELFNOTE_LOADER, "generic");
    image_note(i, XEN_ELFNOTE_SUSPEND_CANCEL, &one, 4);
    image_note(i, XEN_ELFNOTE_MOD_START_PFN, &one, 4);
    image_number_note(i, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
    image_number_note(i, XEN_ELFNOTE_PADDR_OFFSET, 0);
}

static const char *image_read(const struct image *i, struct elf_kernel *kernel, bool dom0)
{
    struct elf elf;
    const char *wrong = elf_open(&elf, i->bytes, IMAGE_SIZE);

    return wrong ? wrong : elf_kernel_read(kernel, &elf, dom0);
}

#define CHECK_WRONG(image, dom0, part)                                                                       \
    do {                                                                                                     \
        struct elf_kernel kernel_;                                                                           \
        const char *wrong_ = image_read((image), &kernel_, (dom0));                                          \
        ck_assert_ptr_nonnull(wrong_);                                                                       \
        ck_assert_msg(strstr(wrong_, (part)) != NULL, "%s", wrong_);                                         \
        free((image)->bytes);                                                                                \
    } while (0)

START_TEST(debian_kernel)
{
    struct elf_kernel k;
    struct image i;

    image_linux(&i);
    ck_assert_ptr_null(image_read(&i, &k, true));
    ck_assert_uint_eq(k.entry, BASE + 0x1000010);
    ck_assert_uint_eq(k.virt_base, BASE);
    ck_assert_uint_eq(k.start, BASE + 0x1000000);
    ck_assert_uint_eq(k.end, BASE + 0x1003000);
    ck_assert(k.has_init_p2m && k.init_p2m == 0x8000000000);
    ck_assert(k.mod_start_pfn && k.suspend_cancel && k.pae && !k.has_hypercall_page);
    ck_assert_uint_eq(k.hv_start_low, 0xffff800000000000);
    ck_assert_str_eq(k.guest_os, "linux");
    ck_assert_str_eq(k.guest_version, "2.6");
    ck_assert_uint_eq(k.required, 1u << XENFEAT_writable_page_tables);
    ck_assert(k.supported & 1u << XENFEAT_dom0 && k.supported & 1u << XENFEAT_pae_pgdir_above_4gb);
    free(i.bytes);
}
END_TEST

START_TEST(no_notes)
{
    struct image i;

    image_start(&i);
    CHECK_WRONG(&i, true, "no PV kernel");
}
END_TEST

START_TEST(no_dom0)
{
    struct elf_kernel k;
    struct image i;

    image_start(&i);
    image_text_note(&i, XEN_ELFNOTE_GUEST_OS, "linux");
    image_text_note(&i, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_number_note(&i, XEN_ELFNOTE_VIRT_BASE, BASE);
    image_note(&i, XEN_ELFNOTE_SUPPORTED_FEATURES, &(uint32_t){1}, 4);
    ck_assert_ptr_null(image_read(&i, &k, false));
    CHECK_WRONG(&i, true, "first domain");
}
END_TEST

START_TEST(unknown_needs)
{
    struct image i;

    image_linux(&i);
    image_text_note(&i, XEN_ELFNOTE_FEATURES, "sth_unknown|!quantum_entanglement");
    CHECK_WRONG(&i, false, "feature that is not known");
    image_linux(&i);
    image_text_note(&i, XEN_ELFNOTE_FEATURES, "!supervisor_mode_kernel");
    CHECK_WRONG(&i, false, "do not have");
}
END_TEST

START_TEST(other_interface)
{
    struct image i;

    image_linux(&i);
    image_text_note(&i, XEN_ELFNOTE_XEN_VERSION, "xen-2.0");
    CHECK_WRONG(&i, false, "version of the PV interface");
    image_linux(&i);
    image_text_note(&i, XEN_ELFNOTE_LOADER, "special");
    image_text_note(&i, XEN_ELFNOTE_GUEST_OS, "plan9");
    CHECK_WRONG(&i, false, "loader");
}
END_TEST

START_TEST(entry_outside)
{
    struct image i;

    image_linux(&i);
    image_number_note(&i, XEN_ELFNOTE_ENTRY, BASE + 0x1003000);
    CHECK_WRONG(&i, true, "entry point");
}
END_TEST

START_TEST(list_of_frames_ignored)
{
    struct elf_kernel k;
    struct image i;

    image_linux(&i);
    image_number_note(&i, XEN_ELFNOTE_INIT_P2M, 0x8000000008); /* not a page's start */
    ck_assert_ptr_null(image_read(&i, &k, true));
    ck_assert(!k.has_init_p2m);
    image_number_note(&i, XEN_ELFNOTE_INIT_P2M, BASE);
    ck_assert_ptr_null(image_read(&i, &k, true));
    ck_assert(!k.has_init_p2m);
    free(i.bytes);
}
END_TEST

/* Replaces the notes by the older section. */
static void image_legacy(struct image *i, const char *text)
{
    Elf64_Shdr *sections;

    image_start(i);
    sections = (Elf64_Shdr *)(i->bytes + SECTIONS_AT);
    i->header->e_phnum = 1;
    i->header->e_shoff = SECTIONS_AT;
    i->header->e_shentsize = sizeof(Elf64_Shdr);
    i->header->e_shnum = 3;
    i->header->e_shstrndx = 1;
    memcpy(i->bytes + NAMES_AT, "\0__xen_guest\0.names", 20);
    sections[1] = (Elf64_Shdr){.sh_name = 13, .sh_type = SHT_STRTAB, .sh_offset = NAMES_AT, .sh_size = 20};
    sections[2] = (Elf64_Shdr){
        .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = TEXT_AT, .sh_size = strlen(text) + 1};
    strcpy((char *)i->bytes + TEXT_AT, text);
}

START_TEST(legacy_section)
{
    struct elf_kernel k;
    struct image i;

    image_legacy(&i, "GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x2,"
                     "LOADER=generic,PAE=yes");
    i.header->e_entry = 0x1000000;
    ck_assert_ptr_null(image_read(&i, &k, false));
    ck_assert_str_eq(k.guest_os, "Mini-OS");
    ck_assert(k.has_hypercall_page && k.hypercall_page == 0x2000 && k.pae);
    ck_assert_uint_eq(k.start, 0x1000000);
    free(i.bytes);

    image_legacy(&i, "XEN_VER=xen-3.0,VIRT_BASE=16777216,LOADER=generic,,=,JUNK,VIRT_ENTRY=0x1000004");
    ck_assert_ptr_null(image_read(&i, &k, false));
    ck_assert_uint_eq(k.virt_base, 0x1000000);
    ck_assert_uint_eq(k.paddr_offset, 0x1000000); /* what is not said is the base, in this form */
    ck_assert_uint_eq(k.entry, 0x1000004);
    free(i.bytes);
}
END_TEST

START_TEST(header_lies)
{
    struct image i;

    image_linux(&i);
    i.header->e_phoff = UINT64_MAX - 8;
    CHECK_WRONG(&i, true, "program headers");
    image_linux(&i);
    i.header->e_phnum = 0xffff;
    CHECK_WRONG(&i, true, "program headers");
    image_linux(&i);
    i.header->e_phentsize = 8;
    CHECK_WRONG(&i, true, "program headers");
    image_linux(&i);
    i.header->e_machine = EM_386;
    CHECK_WRONG(&i, true, "x86-64");
    image_linux(&i);
    i.header->e_type = ET_REL;
    CHECK_WRONG(&i, true, "no program");
    image_linux(&i);
    memcpy(i.bytes + 0x202, "HdrS", 4);
    CHECK_WRONG(&i, true, "bzImage");
    image_linux(&i);
    i.bytes[0] = 'x';
    CHECK_WRONG(&i, true, "no ELF");
}
END_TEST

START_TEST(segment_lies)
{
    struct image i;

    image_linux(&i);
    i.code->p_offset = UINT64_MAX - 0x10;
    CHECK_WRONG(&i, true, "cut off");
    image_linux(&i);
    i.code->p_filesz = 0x4000;
    CHECK_WRONG(&i, true, "cut off");
    image_linux(&i);
    i.code->p_filesz = i.code->p_memsz + 1;
    i.code->p_offset = 0;
    CHECK_WRONG(&i, true, "cut off");
    image_linux(&i);
    i.code->p_paddr = UINT64_MAX - 4;
    CHECK_WRONG(&i, true, "makes no sense");
    image_linux(&i);
    i.code->p_paddr = 0x80000000; /* runs over the end of the address space */
    CHECK_WRONG(&i, true, "contradict");
    image_linux(&i);
    i.code->p_memsz = i.code->p_filesz = 0;
    CHECK_WRONG(&i, true, "nothing to load");
}
END_TEST

/*
 * Every cut of the file, and notes whose sizes lead outside of it: an answer each time, and no read beyond
 * the end.
 */
START_TEST(cut_anywhere)
{
    struct image i;

    image_linux(&i);
    for (size_t size = 0; size < IMAGE_SIZE; size += size < 0x600 ? 1 : 97) {
        uint8_t *exact = malloc(size ? size : 1);
        struct elf_kernel k;
        struct elf elf;

        memcpy(exact, i.bytes, size);
        if (elf_open(&elf, exact, size) == NULL) {
            ck_assert_ptr_nonnull(elf_kernel_read(&k, &elf, true));
        }
        free(exact);
    }
    free(i.bytes);
}
END_TEST

START_TEST(note_sizes_lie)
{
    static const uint32_t sizes[] = {0, 1, 3, 4, 5, 0x1000, 0x7fffffff, 0xfffffff0, 0xffffffff};

    for (unsigned int n = 0; n < ARRAY_SIZE(sizes); n++) {
        for (unsigned int field = 0; field < 2; field++) {
            struct elf_kernel k;
            struct image i;

            image_linux(&i);
            memcpy(i.bytes + NOTES_AT + 4 * field, &sizes[n], 4);
            (void)!image_read(&i, &k, true);
            free(i.bytes);
        }
    }
}
END_TEST

START_TEST(random_damage)
{
    srand(5);
    for (int round = 0; round < 20000; round++) {
        struct elf_kernel k;
        struct image i;

        if (round & 1) {
            image_linux(&i);
        } else {
            image_legacy(&i, "XEN_VER=xen-3.0,VIRT_BASE=0,LOADER=generic,FEATURES=pae_pgdir_above_4gb|!dom0");
        }
        for (int damage = 0; damage < 4; damage++) {
            i.bytes[(size_t)rand() % TEXT_AT] = (uint8_t)rand();
        }
        (void)!image_read(&i, &k, round & 2);
        free(i.bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf");
    TCase *tests = tcase_create("elf");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, debian_kernel);
    tcase_add_test(tests, no_notes);
    tcase_add_test(tests, no_dom0);
    tcase_add_test(tests, unknown_needs);
    tcase_add_test(tests, other_interface);
    tcase_add_test(tests, entry_outside);
    tcase_add_test(tests, list_of_frames_ignored);
    tcase_add_test(tests, legacy_section);
    tcase_add_test(tests, header_lies);
    tcase_add_test(tests, segment_lies);
    tcase_add_test(tests, cut_anywhere);
    tcase_add_test(tests, note_sizes_lie);
    tcase_add_test(tests, random_damage);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
