/* SPDX-License-Identifier: MIT */
/* Several files in one boot module: a cpio archive in the format "newc", as the kernel takes its initramfs.
 */
#include "lib/boot_info.h"
#include "lib/string.h"

#define MAGIC        "070701"
#define MAGIC_LENGTH 6u
#define FIELD_LENGTH 8u
#define HEADER_SIZE  110u
#define NAME_MAX     4096u
#define TYPE_MASK    0170000u
#define TYPE_FILE    0100000u

enum { FIELD_MODE = 1, FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

/* The header's fields are eight hexadecimal digits each. False for anything else. */
static bool read_field(const char *header, unsigned int field, uint32_t *value)
{
    const char *at = header + MAGIC_LENGTH + field * FIELD_LENGTH;

    *value = 0;
    for (unsigned int i = 0; i < FIELD_LENGTH; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

struct member {
    uint32_t mode, size, name_size;
    uint64_t data, next; /* physical addresses */
    bool last;
};

static bool read_member(struct member *m, uint64_t at, uint64_t end, boot_view_fn view)
{
    const char *header = end - at >= HEADER_SIZE ? view(at, HEADER_SIZE) : NULL, *name;

    if (!header || memcmp(header, MAGIC, MAGIC_LENGTH) != 0 || !read_field(header, FIELD_MODE, &m->mode) ||
        !read_field(header, FIELD_FILE_SIZE, &m->size) ||
        !read_field(header, FIELD_NAME_SIZE, &m->name_size) || m->name_size == 0 || m->name_size > NAME_MAX) {
        return false;
    }
    m->data = at + ROUND_UP(HEADER_SIZE + m->name_size, 4ull);
    if (m->data > end || m->size > end - m->data) {
        return false;
    }
    name = view(at + HEADER_SIZE, m->name_size);
    m->last = name && m->name_size == sizeof("TRAILER!!!") && memcmp(name, "TRAILER!!!", m->name_size) == 0;
    m->next = MIN(m->data + ROUND_UP((uint64_t)m->size, 4), end);
    return name != NULL;
}

static bool is_archive(const struct boot_info *info, boot_view_fn view)
{
    const struct boot_module *first = &info->modules[0];
    const char *head;

    if (info->module_count == 0 || first->end - first->start < HEADER_SIZE) {
        return false;
    }
    head = view(first->start, MAGIC_LENGTH);
    return head && memcmp(head, MAGIC, MAGIC_LENGTH) == 0;
}

const char *boot_info_open_archive(struct boot_info *info, boot_view_fn view)
{
    static struct boot_module opened[BOOT_MODULES_MAX];
    static const char damaged[] = "the first boot module is a cpio archive that is damaged";
    unsigned int count = 0;
    struct member m;

    if (!is_archive(info, view)) {
        return NULL;
    }
    /* Positions in the archive count from its start, which loaders align to 4 at least. */
    for (uint64_t at = info->modules[0].start;; at = m.next) {
        if (!read_member(&m, at, info->modules[0].end, view)) {
            return damaged;
        }
        if (m.last) {
            break;
        }
        if ((m.mode & TYPE_MASK) == TYPE_FILE && count < BOOT_MODULES_MAX) {
            opened[count] = (struct boot_module){.start = m.data, .end = m.data + m.size};
            memcpy(opened[count].line, info->modules[0].line, count == 0 ? BOOT_LINE_MAX : 0);
            count++;
        }
    }
    for (unsigned int i = 1; i < info->module_count && count < BOOT_MODULES_MAX; i++) {
        opened[count++] = info->modules[i];
    }
    memcpy(info->modules, opened, count * sizeof(opened[0]));
    info->module_count = count;
    return NULL;
}
