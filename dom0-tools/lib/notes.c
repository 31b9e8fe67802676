/* SPDX-License-Identifier: MIT */
/* What a kernel says of itself to a PV hypervisor, read and judged. */
#include "lib/notes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pvabi/elfnote.h"

#define PAGE 4096UL

/* Copies text that may lack its NUL. */
static void take_text(char *to, size_t size, const void *from, size_t length)
{
    size_t count = strnlen(from, length);

    if (count >= size) {
        count = size - 1;
    }
    memcpy(to, from, count);
    to[count] = '\0';
}

/* A number of 4 or 8 bytes. */
static bool take_number(const struct pv_elf_note *note, uint64_t *value)
{
    uint32_t narrow;

    if (note->value_size >= sizeof(*value)) {
        memcpy(value, note->value, sizeof(*value));
        return true;
    }
    if (note->value_size >= sizeof(narrow)) {
        memcpy(&narrow, note->value, sizeof(narrow));
        *value = narrow;
        return true;
    }
    return false;
}

static void take_text_note(struct pv_notes *notes, const struct pv_elf_note *note)
{
    static const struct {
        uint32_t type;
        size_t offset, size;
    } texts[] = {
        {XEN_ELFNOTE_GUEST_OS, offsetof(struct pv_notes, guest_os), PV_NOTES_TEXT},
        {XEN_ELFNOTE_GUEST_VERSION, offsetof(struct pv_notes, guest_version), PV_NOTES_TEXT},
        {XEN_ELFNOTE_XEN_VERSION, offsetof(struct pv_notes, xen_version), PV_NOTES_TEXT},
        {XEN_ELFNOTE_LOADER, offsetof(struct pv_notes, loader), PV_NOTES_TEXT},
        {XEN_ELFNOTE_FEATURES, offsetof(struct pv_notes, features), sizeof(notes->features)},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].type == note->type) {
            take_text((char *)notes + texts[i].offset, texts[i].size, note->value, note->value_size);
        }
    }
}

static void take_note(struct pv_notes *notes, const struct pv_elf_note *note)
{
    uint64_t number = 0;
    bool is_number = take_number(note, &number);

    take_text_note(notes, note);
    if (!is_number) {
        return;
    }
    switch (note->type) {
    case XEN_ELFNOTE_ENTRY:
        notes->entry = number;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        notes->has_hypercall_page = true;
        notes->hypercall_page = number;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        notes->virt_base = number;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        notes->paddr_offset = number;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        notes->has_init_p2m = true;
        notes->init_p2m = number;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        notes->mod_start_pfn = number != 0;
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        notes->has_supported_features = true;
        notes->supported_features = number;
        break;
    default:
        break;
    }
}

static void take_notes(const struct pv_elf *elf, bool sections, struct pv_notes *notes)
{
    struct pv_elf_note note = {0};

    while (pv_elf_next_note(elf, sections, &note)) {
        if (note.name_size == sizeof("Xen") && memcmp(note.name, "Xen", sizeof("Xen")) == 0) {
            notes->found = true;
            take_note(notes, &note);
        }
    }
}

/* One KEY=VALUE of __xen_guest. Its hypercall page is a page number from virt_base on. */
static void take_legacy_pair(struct pv_notes *notes, const char *key, const char *value, bool *has_offset)
{
    if (strcmp(key, "GUEST_OS") == 0) {
        take_text(notes->guest_os, sizeof(notes->guest_os), value, strlen(value));
    } else if (strcmp(key, "GUEST_VER") == 0) {
        take_text(notes->guest_version, sizeof(notes->guest_version), value, strlen(value));
    } else if (strcmp(key, "XEN_VER") == 0) {
        take_text(notes->xen_version, sizeof(notes->xen_version), value, strlen(value));
    } else if (strcmp(key, "LOADER") == 0) {
        take_text(notes->loader, sizeof(notes->loader), value, strlen(value));
    } else if (strcmp(key, "FEATURES") == 0) {
        take_text(notes->features, sizeof(notes->features), value, strlen(value));
    } else if (strcmp(key, "VIRT_BASE") == 0) {
        notes->virt_base = strtoull(value, NULL, 0);
    } else if (strcmp(key, "VIRT_ENTRY") == 0) {
        notes->entry = strtoull(value, NULL, 0);
    } else if (strcmp(key, "ELF_PADDR_OFFSET") == 0) {
        notes->paddr_offset = strtoull(value, NULL, 0);
        *has_offset = true;
    } else if (strcmp(key, "HYPERCALL_PAGE") == 0) {
        notes->has_hypercall_page = true;
        notes->hypercall_page = strtoull(value, NULL, 0);
    }
}

static void take_legacy(const struct pv_elf *elf, struct pv_notes *notes)
{
    char text[1024], *rest = text, *pair;
    bool has_offset = false;
    size_t size;
    const uint8_t *section = pv_elf_section(elf, "__xen_guest", &size);

    if (!section) {
        return;
    }
    notes->found = notes->legacy = true;
    take_text(text, sizeof(text), section, size);
    while ((pair = strsep(&rest, ",")) != NULL) {
        char *value = strchr(pair, '=');

        if (value) {
            *value++ = '\0';
            take_legacy_pair(notes, pair, value, &has_offset);
        }
    }
    if (!has_offset) {
        notes->paddr_offset = notes->virt_base;
    }
    notes->hypercall_page = notes->virt_base + notes->hypercall_page * PAGE;
}

void pv_notes_read(const struct pv_elf *elf, struct pv_notes *notes)
{
    *notes = (struct pv_notes){.entry = elf->entry};
    take_notes(elf, false, notes);
    if (!notes->found) {
        take_notes(elf, true, notes);
    }
    if (!notes->found) {
        take_legacy(elf, notes);
    }
}

static int refuse(struct pv_error *error, const char *why)
{
    return pv_error_set(error, PV_ERROR_USAGE, "cannot run as a PV guest: %s", why);
}

/*
 * Features that the kernel requires are marked by "!". Requiring writable_page_tables is accepted as Xen
 * does: kernels say so that never rely on it.
 */
static int check_features(const struct pv_notes *notes, struct pv_error *error)
{
    static const char *const provided[] = {"writable_page_tables", "writable_descriptor_tables",
                                           "pae_pgdir_above_4gb", "dom0"};
    char text[sizeof(notes->features)], *rest = text, *word;

    memcpy(text, notes->features, sizeof(text));
    while ((word = strsep(&rest, "|")) != NULL) {
        bool known = word[0] != '!';

        for (size_t i = 0; i < sizeof(provided) / sizeof(provided[0]) && !known; i++) {
            known = strcmp(word + 1, provided[i]) == 0;
        }
        if (!known) {
            return pv_error_set(
                error, PV_ERROR_USAGE,
                "cannot run as a PV guest: it requires the feature \"%s\", which there is not", word + 1);
        }
    }
    return 0;
}

static bool canonical_guest_range(uint64_t start, uint64_t end)
{
    /* The hypervisor's own range follows the hole of the address space. */
    const uint64_t low_end = UINT64_C(1) << 47, high_start = UINT64_C(0xffff880000000000);

    return start < end && (end <= low_end || start >= high_start);
}

static int check_addresses(const struct pv_elf *elf, const struct pv_notes *notes, struct pv_error *error)
{
    uint64_t start = elf->lowest - notes->paddr_offset + notes->virt_base;
    uint64_t end = elf->highest - notes->paddr_offset + notes->virt_base;

    if (elf->lowest < notes->paddr_offset || start < notes->virt_base || notes->virt_base % PAGE != 0) {
        return refuse(error, "its addresses do not fit the base that its notes give");
    }
    if (!canonical_guest_range(start, end)) {
        return refuse(error, "its addresses lie outside of what a guest may use");
    }
    if (notes->entry < start || notes->entry >= end) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "cannot run as a PV guest: its entry point 0x%" PRIx64 " is not inside it",
                            notes->entry);
    }
    if (notes->has_hypercall_page && (notes->hypercall_page < start || notes->hypercall_page >= end ||
                                      notes->hypercall_page % PAGE != 0)) {
        return refuse(error, "its hypercall page is not a page inside it");
    }
    return 0;
}

int pv_notes_check(const struct pv_elf *elf, const struct pv_notes *notes, struct pv_error *error)
{
    if (!notes->found) {
        return refuse(error, "it has no Xen notes (was it built with CONFIG_XEN_PV?)");
    }
    if (strncmp(notes->loader, "generic", strlen("generic")) != 0 &&
        strncmp(notes->guest_os, "linux", strlen("linux")) != 0) {
        return refuse(error, "its notes ask for a loader that there is not");
    }
    if (strncmp(notes->xen_version, "xen-3.0", strlen("xen-3.0")) != 0) {
        return refuse(error, "its notes are for another interface than xen-3.0");
    }
    if (check_features(notes, error) != 0) {
        return -1;
    }
    return check_addresses(elf, notes, error);
}
