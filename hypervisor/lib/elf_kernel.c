/* SPDX-License-Identifier: MIT */
/*
 * What a PV kernel says of itself: Xen's ELF notes in segments or sections, else the words of section
 * __xen_guest.
 */
#include "lib/elf.h"
#include "lib/overflow.h"
#include "lib/string.h"
#include "pvabi/elfnote.h"
#include "pvabi/features.h"

#define NOTE_HEADER_SIZE          12u
#define ELF_SECTION_NOTE          7u
#define HYPERCALL_PAGE_SIZE_SHIFT 12

static const char *const feature_names[] = {
    [XENFEAT_writable_page_tables] = "writable_page_tables",
    [XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
    [XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
    [XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
    [XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
    [XENFEAT_dom0] = "dom0",
};

struct elf_reading {
    struct elf_kernel *kernel;
    bool found; /* any note or legacy section */
    bool legacy;
    bool has_entry, has_paddr_offset;
    const char *wrong;
};

static void copy_text(char (*to)[ELF_KERNEL_TEXT], const char *from, uint64_t length)
{
    size_t n = strnlen(from, MIN(length, ELF_KERNEL_TEXT - 1));

    memcpy(*to, from, n);
    (*to)[n] = '\0';
}

static bool word_equals(const char *word, uint64_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* One word of the features' list: "name" can be used, "!name" is needed. False if an unknown one is needed. */
static bool read_feature(struct elf_kernel *kernel, const char *word, uint64_t length)
{
    bool needed = length > 0 && *word == '!';

    if (needed) {
        word++;
        length--;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(feature_names); i++) {
        if (feature_names[i] && word_equals(word, length, feature_names[i])) {
            kernel->supported |= 1u << i;
            kernel->required |= needed ? 1u << i : 0;
            return true;
        }
    }
    return !needed;
}

static bool read_features(struct elf_kernel *kernel, const char *text, uint64_t length)
{
    uint64_t start = 0;

    length = strnlen(text, length);
    for (uint64_t i = 0; i <= length; i++) {
        if (i == length || text[i] == '|') {
            if (i > start && !read_feature(kernel, text + start, i - start)) {
                return false;
            }
            start = i + 1;
        }
    }
    return true;
}

/* The value of a numeric note: the size of its contents says how much there is. False for an odd size. */
static bool note_number(const char *bytes, uint64_t length, uint64_t *value)
{
    *value = 0;
    if (length != 4 && length != 8) {
        return false;
    }
    memcpy(value, bytes, length);
    return true;
}

static void read_note_number(struct elf_reading *r, uint32_t type, uint64_t value)
{
    struct elf_kernel *k = r->kernel;

    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        k->entry = value;
        r->has_entry = true;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        k->virt_base = value;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        k->paddr_offset = value;
        r->has_paddr_offset = true;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        k->hypercall_page = value;
        k->has_hypercall_page = true;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        k->init_p2m = value;
        k->has_init_p2m = true;
        break;
    case XEN_ELFNOTE_HV_START_LOW:
        k->hv_start_low = value;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        k->mod_start_pfn = value != 0;
        break;
    case XEN_ELFNOTE_SUSPEND_CANCEL:
        k->suspend_cancel = value != 0;
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        k->supported |= (uint32_t)value;
        k->has_supported = true;
        break;
    default:
        break;
    }
}

static void read_note(struct elf_reading *r, uint32_t type, const char *bytes, uint64_t length)
{
    struct elf_kernel *k = r->kernel;
    uint64_t value;

    r->found = true;
    switch (type) {
    case XEN_ELFNOTE_GUEST_OS:
        copy_text(&k->guest_os, bytes, length);
        break;
    case XEN_ELFNOTE_GUEST_VERSION:
        copy_text(&k->guest_version, bytes, length);
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        copy_text(&k->xen_version, bytes, length);
        break;
    case XEN_ELFNOTE_LOADER:
        copy_text(&k->loader, bytes, length);
        break;
    case XEN_ELFNOTE_PAE_MODE:
        k->pae = length >= 3 && memcmp(bytes, "yes", 3) == 0;
        break;
    case XEN_ELFNOTE_FEATURES:
        if (!read_features(k, bytes, length)) {
            r->wrong = "it needs a feature that is not known here";
        }
        break;
    default:
        if (note_number(bytes, length, &value)) {
            read_note_number(r, type, value);
        }
        break;
    }
}

/* A run of notes: each a header of three words, the name and the contents, both padded to 4 bytes. */
static void read_notes(struct elf_reading *r, const char *bytes, uint64_t length)
{
    while (length >= NOTE_HEADER_SIZE) {
        uint32_t header[3];
        uint64_t name_space, space;

        memcpy(header, bytes, sizeof(header));
        name_space = ROUND_UP((uint64_t)header[0], 4);
        space = NOTE_HEADER_SIZE + name_space + ROUND_UP((uint64_t)header[1], 4);
        /* The last one's padding may be missing. */
        if (NOTE_HEADER_SIZE + name_space + header[1] > length) {
            return;
        }
        if (header[0] == 4 && memcmp(bytes + NOTE_HEADER_SIZE, "Xen", 4) == 0) {
            read_note(r, header[2], bytes + NOTE_HEADER_SIZE + name_space, header[1]);
        }
        if (space >= length) {
            return;
        }
        bytes += space;
        length -= space;
    }
}

static void read_note_segments(struct elf_reading *r, const struct elf *elf)
{
    for (unsigned int i = 0; i < elf->program_count; i++) {
        struct elf_segment segment;

        if (elf_segment_read(elf, i, &segment) && segment.type == ELF_SEGMENT_NOTE && segment.offset != 0) {
            read_notes(r, (const char *)elf->image + segment.offset, segment.file_size);
        }
    }
}

static void read_note_sections(struct elf_reading *r, const struct elf *elf)
{
    for (unsigned int i = 0; i < elf->section_count; i++) {
        struct elf_section section;

        if (elf_section_read(elf, i, &section) && section.type == ELF_SECTION_NOTE) {
            read_notes(r, (const char *)elf->image + section.offset, section.size);
        }
    }
}

/*
 * A number as the legacy section writes it: decimal, or hexadecimal after 0x. Ends at the first other
 * character.
 */
static uint64_t legacy_number(const char *text, uint64_t length)
{
    bool hexadecimal = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t value = 0;

    for (uint64_t i = hexadecimal ? 2 : 0; i < length; i++) {
        char c = text[i];
        unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
                             : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10
                             : c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10
                                                    : 16;

        if (digit >= (hexadecimal ? 16 : 10)) {
            break;
        }
        value = value * (hexadecimal ? 16 : 10) + digit;
    }
    return value;
}

static void legacy_pair(struct elf_reading *r, const char *key, uint64_t key_length, const char *value,
                        uint64_t length)
{
    static const struct {
        const char *key;
        uint32_t note;
        bool number;
    } keys[] = {
        {"LOADER", XEN_ELFNOTE_LOADER, false},
        {"GUEST_OS", XEN_ELFNOTE_GUEST_OS, false},
        {"GUEST_VER", XEN_ELFNOTE_GUEST_VERSION, false},
        {"XEN_VER", XEN_ELFNOTE_XEN_VERSION, false},
        {"PAE", XEN_ELFNOTE_PAE_MODE, false},
        {"FEATURES", XEN_ELFNOTE_FEATURES, false},
        {"VIRT_BASE", XEN_ELFNOTE_VIRT_BASE, true},
        {"VIRT_ENTRY", XEN_ELFNOTE_ENTRY, true},
        {"ELF_PADDR_OFFSET", XEN_ELFNOTE_PADDR_OFFSET, true},
        {"HYPERCALL_PAGE", XEN_ELFNOTE_HYPERCALL_PAGE, true},
        {"SUSPEND_CANCEL", XEN_ELFNOTE_SUSPEND_CANCEL, true},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!word_equals(key, key_length, keys[i].key)) {
            continue;
        }
        if (keys[i].number) {
            read_note_number(r, keys[i].note, legacy_number(value, length));
        } else {
            read_note(r, keys[i].note, value, length);
        }
    }
}

/* The section's text: KEY=VALUE pairs with commas between them, up to a NUL. */
static void read_legacy(struct elf_reading *r, const char *text, uint64_t length)
{
    length = strnlen(text, length);
    while (length > 0) {
        const char *comma = memchr(text, ',', length);
        uint64_t pair = comma ? (uint64_t)(comma - text) : length;
        const char *equals = memchr(text, '=', pair);
        uint64_t key_length = equals ? (uint64_t)(equals - text) : pair;
        uint64_t value_at = equals ? key_length + 1 : pair;

        legacy_pair(r, text, key_length, text + value_at, pair - value_at);
        pair = MIN(pair + 1, length);
        text += pair;
        length -= pair;
    }
}

static void read_legacy_section(struct elf_reading *r, const struct elf *elf)
{
    for (unsigned int i = 0; i < elf->section_count; i++) {
        struct elf_section section;

        if (elf_section_read(elf, i, &section) && strcmp(section.name, "__xen_guest") == 0 &&
            section.offset != 0 && range_fits(section.offset, section.size, elf->size)) {
            r->found = true;
            r->legacy = true;
            read_legacy(r, (const char *)elf->image + section.offset, section.size);
            return;
        }
    }
}

/* The addresses that all loadable segments together take, by their physical addresses. */
static const char *kernel_range(struct elf_kernel *kernel, const struct elf *elf)
{
    uint64_t low = UINT64_MAX, high = 0, end;

    for (unsigned int i = 0; i < elf->program_count; i++) {
        struct elf_segment segment;
        bool inside = elf_segment_read(elf, i, &segment);

        if (segment.type != ELF_SEGMENT_LOAD || segment.memory_size == 0) {
            continue;
        }
        if (!inside || segment.file_size > segment.memory_size ||
            !checked_add(segment.physical_address, segment.memory_size, &end)) {
            return "one of its ELF segments is cut off or makes no sense";
        }
        low = MIN(low, segment.physical_address);
        high = MAX(high, end);
    }
    if (low >= high) {
        return "its ELF file has nothing to load";
    }
    if (!checked_sub(low, kernel->paddr_offset, &low) || !checked_sub(high, kernel->paddr_offset, &high) ||
        !checked_add(low, kernel->virt_base, &kernel->start) ||
        !checked_add(high, kernel->virt_base, &kernel->end)) {
        return "its segments and its notes on addresses contradict each other";
    }
    return NULL;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *kernel_check(const struct elf_kernel *k, bool dom0)
{
    if (!has_prefix(k->loader, "generic") && !has_prefix(k->guest_os, "linux")) {
        return "its Xen notes ask for a loader that is not known";
    }
    if (!has_prefix(k->xen_version, "xen-3.0")) {
        return "its Xen notes ask for another version of the PV interface than xen-3.0";
    }
    if (dom0 && k->has_supported && !(k->supported & 1u << XENFEAT_dom0)) {
        return "it cannot be the first domain (its notes do not list the feature dom0)";
    }
    if (k->required & (1u << XENFEAT_supervisor_mode_kernel | 1u << XENFEAT_auto_translated_physmap)) {
        return "it needs a feature that PV domains do not have";
    }
    if (k->entry < k->start || k->entry >= k->end) {
        return "its entry point lies outside of what it loads";
    }
    return NULL;
}

/*
 * The parts of the contract that depend on one another: what is not said, and where the list of frames may
 * lie.
 */
static void kernel_defaults(struct elf_reading *r, const struct elf *elf)
{
    struct elf_kernel *k = r->kernel;

    if (!r->has_entry) {
        k->entry = elf->entry;
    }
    if (r->legacy && !r->has_paddr_offset) {
        k->paddr_offset = k->virt_base;
    }
    if (r->legacy && k->has_hypercall_page) {
        k->hypercall_page = k->virt_base + (k->hypercall_page << HYPERCALL_PAGE_SIZE_SHIFT);
    }
    if (k->has_init_p2m && (k->init_p2m & ~PAGE_MASK || k->init_p2m >= k->virt_base)) {
        k->has_init_p2m = false;
    }
}

const char *elf_kernel_read(struct elf_kernel *kernel, const struct elf *elf, bool dom0)
{
    struct elf_reading r = {.kernel = kernel};
    const char *wrong;

    *kernel = (struct elf_kernel){0};
    read_note_segments(&r, elf);
    if (!r.found) {
        read_note_sections(&r, elf);
    }
    if (!r.found) {
        read_legacy_section(&r, elf);
    }
    if (!r.found) {
        return "it has no Xen notes: it is no PV kernel (Linux needs CONFIG_XEN_PV=y)";
    }
    if (r.wrong) {
        return r.wrong;
    }
    kernel_defaults(&r, elf);
    wrong = kernel_range(kernel, elf);
    return wrong ? wrong : kernel_check(kernel, dom0);
}
