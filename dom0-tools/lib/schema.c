/* SPDX-License-Identifier: MIT */
/* The table of configuration keys and the reading of their values. */
#include "lib/schema.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pvabi/xen.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define TIB (UINT64_C(1) << 40)
#define PAGE (UINT64_C(4) * KIB)
/* vCPUs that a guest's shared_info has room for are XEN_LEGACY_MAX_VCPUS; beyond them a kernel needs more setup. */
#define VCPUS_MOST XEN_LEGACY_MAX_VCPUS
#define NAME_MOST 63
#define FIELD(name) offsetof(struct pv_config, name)

static const char *const bootloaders[] = {"none", "extract", NULL};
static const char *const actions[] = {"destroy", "restart", "preserve", NULL};

const struct pv_schema_entry pv_schema[PV_KEY_COUNT] = {
    [PV_KEY_NAME] = {
        .key = "name", .type = PV_TYPE_NAME, .offset = FIELD(name), .required = true, .most = NAME_MOST,
        .help = "The domain's name. No two domains have the same. Letters, digits, dots, dashes and underscores; it "
                "begins with a letter or digit and is not a number."},
    [PV_KEY_UUID] = {
        .key = "uuid", .type = PV_TYPE_UUID, .offset = FIELD(uuid), .fallback_help = "a random one",
        .help = "The domain's identity, which stays the same when it is restarted."},
    [PV_KEY_KERNEL] = {
        .key = "kernel", .type = PV_TYPE_PATH, .offset = FIELD(kernel),
        .fallback_help = "required, but for a bootloader",
        .help = "The kernel's file in dom0: a bzImage (packed with gzip, xz, lzma, zstd or lz4) or an ELF file, built "
                "to run as a Xen PV guest (CONFIG_XEN_PV in Linux). Without a leading slash it is relative to the "
                "folder of the configuration."},
    [PV_KEY_BOOTLOADER] = {
        .key = "bootloader", .type = PV_TYPE_CHOICE, .offset = FIELD(bootloader), .choices = bootloaders,
        .fallback = "none",
        .help = "`extract` takes kernel, initial ramdisk and command line from a disk (`boot`), by what its grub.cfg "
                "or its entries of the Boot Loader Specification say, each time that the domain is created; "
                "`cmdline` is put behind them. The disk, with or without partitions, has an ext2, ext3 or ext4 file "
                "system; it is read by a process that may do nothing else."},
    [PV_KEY_RAMDISK] = {
        .key = "ramdisk", .type = PV_TYPE_PATH, .offset = FIELD(ramdisk), .fallback_help = "none",
        .help = "The initial ramdisk's file in dom0."},
    [PV_KEY_CMDLINE] = {
        .key = "cmdline", .type = PV_TYPE_TEXT, .offset = FIELD(cmdline), .most = MAX_GUEST_CMDLINE - 1,
        .fallback = "", .help = "The kernel's command line. A Linux guest's console is hvc0."},
    [PV_KEY_MEMORY] = {
        .key = "memory", .type = PV_TYPE_SIZE, .offset = FIELD(memory), .required = true, .least = MIB, .most = TIB,
        .help = "Memory that the domain starts with."},
    [PV_KEY_MAX_MEMORY] = {
        .key = "max_memory", .type = PV_TYPE_SIZE, .offset = FIELD(max_memory), .least = MIB, .most = TIB,
        .fallback_help = "the same as memory", .help = "Memory that the domain may ever have."},
    [PV_KEY_VCPUS] = {
        .key = "vcpus", .type = PV_TYPE_INTEGER, .offset = FIELD(vcpus), .least = 1, .most = VCPUS_MOST,
        .fallback = "1", .help = "Virtual CPUs that the domain starts with."},
    [PV_KEY_MAX_VCPUS] = {
        .key = "max_vcpus", .type = PV_TYPE_INTEGER, .offset = FIELD(max_vcpus), .least = 1, .most = VCPUS_MOST,
        .fallback_help = "the same as vcpus", .help = "Virtual CPUs that the domain may ever have."},
    [PV_KEY_CPU_WEIGHT] = {
        .key = "cpu_weight", .type = PV_TYPE_INTEGER, .offset = FIELD(cpu_weight), .least = 1, .most = 65535,
        .fallback_help = "the scheduler's (256)",
        .help = "The domain's share of the CPUs while they are short: one of weight 512 gets twice that of one of "
                "256."},
    [PV_KEY_CPU_CAP] = {
        .key = "cpu_cap", .type = PV_TYPE_INTEGER, .offset = FIELD(cpu_cap), .most = 100 * VCPUS_MOST,
        .fallback = "0", .help = "The most CPU time that the domain gets, in percent of one CPU; 0 for no limit."},
    [PV_KEY_ON_POWEROFF] = {
        .key = "on_poweroff", .type = PV_TYPE_CHOICE, .offset = FIELD(on_poweroff), .choices = actions,
        .fallback = "destroy", .help = "What to do when the guest has powered itself off."},
    [PV_KEY_ON_REBOOT] = {
        .key = "on_reboot", .type = PV_TYPE_CHOICE, .offset = FIELD(on_reboot), .choices = actions,
        .fallback = "restart", .help = "What to do when the guest asks for a reboot."},
    [PV_KEY_ON_CRASH] = {
        .key = "on_crash", .type = PV_TYPE_CHOICE, .offset = FIELD(on_crash), .choices = actions,
        .fallback = "destroy",
        .help = "What to do when the guest has crashed. `preserve` keeps it, stopped, for an inspection."},
    [PV_KEY_MAX_GRANT_FRAMES] = {
        .key = "max_grant_frames", .type = PV_TYPE_INTEGER, .offset = FIELD(max_grant_frames), .least = 4, .most = 128,
        .fallback_help = "64, or more where its devices need more",
        .help = "Pages of grants that the domain may have, 512 grants each; its devices' requests need them: of a "
                "disk two for each vCPU, four at most, of a network one, eight at most. The hypervisor's log says "
                "when a domain wants more."},
    [PV_KEY_MAX_EVENT_CHANNELS] = {
        .key = "max_event_channels", .type = PV_TYPE_INTEGER, .offset = FIELD(max_event_channels), .least = 64,
        .most = 131072, .fallback_help = "1024, or more where its vCPUs and devices need more",
        .help = "Event channels that the domain may have. The hypervisor's log says when none is left."},
    [PV_KEY_DISKS] = {
        .key = "disks", .type = PV_TYPE_LIST, .offset = FIELD(disks), .list = &pv_schema_disks,
        .fallback_help = "none", .help = "The domain's disks, served by dom0's kernel."},
    [PV_KEY_NETWORKS] = {
        .key = "networks", .type = PV_TYPE_LIST, .offset = FIELD(networks), .list = &pv_schema_networks,
        .fallback_help = "none", .help = "The domain's network interfaces, on bridges of dom0."},
};

bool pv_size_parse(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    uint64_t number;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    number = strtoull(text, &end, 10);
    unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (errno != 0 || !unit || (end[1] != '\0' && strcmp(end + 1, "iB") != 0)) {
        return false;
    }
    for (const char *step = units; step <= unit; step++) {
        if (number > UINT64_MAX / KIB) {
            return false;
        }
        number *= KIB;
    }
    *bytes = number;
    return true;
}

char *pv_size_text(uint64_t bytes, char text[PV_SIZE_TEXT])
{
    static const char units[] = "KMGT";
    unsigned int unit = 0;

    bytes /= KIB;
    while (unit < sizeof(units) - 2 && bytes != 0 && bytes % KIB == 0) {
        bytes /= KIB;
        unit++;
    }
    snprintf(text, PV_SIZE_TEXT, "%" PRIu64 "%c", bytes, units[unit]);
    return text;
}

void pv_uuid_text(const uint8_t uuid[16], char text[PV_UUID_TEXT])
{
    char *to = text;

    for (int i = 0; i < 16; i++) {
        to += sprintf(to, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
    }
}

bool pv_uuid_parse(const char *text, uint8_t uuid[16])
{
    for (int i = 0; i < 16; i++) {
        char digits[3] = {0};

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-') {
            return false;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
            return false;
        }
        memcpy(digits, text, 2);
        uuid[i] = (uint8_t)strtoul(digits, NULL, 16);
        text += 2;
    }
    return *text == '\0';
}

const char *pv_action_name(uint64_t action)
{
    return actions[action];
}

static int bad(struct pv_error *error, const char *format, const char *text)
{
    char message[256];

    snprintf(message, sizeof(message), format, text);
    return pv_error_set(error, PV_ERROR_USAGE, "%s", message);
}

static int set_string(const struct pv_schema_entry *entry, void *object, const char *text,
                      struct pv_error *error)
{
    char **field = (char **)((char *)object + entry->offset);
    char *copy = strdup(text);

    if (!copy) {
        return pv_error_errno(error, ENOMEM, "no memory");
    }
    free(*field);
    *field = copy;
    return 0;
}

static int set_name(const struct pv_schema_entry *entry, void *object, const char *text,
                    struct pv_error *error)
{
    size_t length = strlen(text);

    if (length == 0 || length > entry->most) {
        return pv_error_set(error, PV_ERROR_USAGE, "a name has 1 to %" PRIu64 " characters, this has %zu",
                            entry->most, length);
    }
    for (const char *c = text; *c; c++) {
        if (!isalnum((unsigned char)*c) && (c == text || !strchr("._-", *c))) {
            return bad(
                error,
                "\"%s\" is not a name: letters, digits, dots, dashes and underscores only, and a letter "
                "or digit first",
                text);
        }
    }
    if (strspn(text, "0123456789") == length) {
        return bad(error, "\"%s\" is a number, and could not be told from a domain's", text);
    }
    return set_string(entry, object, text, error);
}

static int set_text(const struct pv_schema_entry *entry, void *object, const char *text,
                    struct pv_error *error)
{
    if (strlen(text) > entry->most) {
        return pv_error_set(error, PV_ERROR_USAGE, "is too long: %zu bytes, and %" PRIu64 " are possible",
                            strlen(text), entry->most);
    }
    return set_string(entry, object, text, error);
}

static int set_size(const struct pv_schema_entry *entry, void *object, const char *text,
                    struct pv_error *error)
{
    char least[PV_SIZE_TEXT], most[PV_SIZE_TEXT];
    uint64_t bytes;

    if (!pv_size_parse(text, &bytes)) {
        return bad(error, "\"%s\" is not a size; write it with its unit, such as \"512M\" or \"2G\"", text);
    }
    if (bytes < entry->least || bytes > entry->most) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" is out of range: %s to %s are possible", text,
                            pv_size_text(entry->least, least), pv_size_text(entry->most, most));
    }
    *(uint64_t *)((char *)object + entry->offset) = bytes / PAGE * PAGE;
    return 0;
}

static int set_integer(const struct pv_schema_entry *entry, void *object, const char *text,
                       struct pv_error *error)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0') {
        return bad(error, "\"%s\" is not a whole number", text);
    }
    if (errno != 0 || value < entry->least || value > entry->most) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "%.64s is out of range: %" PRIu64 " to %" PRIu64 " are possible", text,
                            entry->least, entry->most);
    }
    *(uint64_t *)((char *)object + entry->offset) = value;
    return 0;
}

static int set_choice(const struct pv_schema_entry *entry, void *object, const char *text,
                      struct pv_error *error)
{
    char list[128] = "";

    for (size_t i = 0; entry->choices[i]; i++) {
        if (strcmp(entry->choices[i], text) == 0) {
            *(uint64_t *)((char *)object + entry->offset) = i;
            return 0;
        }
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s\"%s\"", i ? ", " : "",
                 entry->choices[i]);
    }
    return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" is not one of %s", text, list);
}

static int set_bool(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error)
{
    bool truth = strcmp(text, "true") == 0;

    if (!truth && strcmp(text, "false") != 0) {
        return bad(error, "\"%s\" is neither true nor false", text);
    }
    *(uint64_t *)((char *)object + entry->offset) = truth;
    return 0;
}

static int set_uuid(const struct pv_schema_entry *entry, void *object, const char *text,
                    struct pv_error *error)
{
    if (!pv_uuid_parse(text, (uint8_t *)object + entry->offset)) {
        return bad(error, "\"%s\" is not a uuid, such as \"6f1ed002-ab55-4959-9c67-aa1b2c3d4e5f\"", text);
    }
    return 0;
}

static int set_target(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error)
{
    uint32_t number;

    if (!pv_disk_number(text, &number)) {
        return bad(error, "\"%s\" is not a disk's name, such as \"xvda\" or \"xvdb1\"", text);
    }
    return set_string(entry, object, text, error);
}

static int set_mac(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error)
{
    uint8_t mac[PV_MAC_SIZE];

    if (!pv_mac_parse(text, mac)) {
        return bad(error, "\"%s\" is not a hardware address, such as \"00:16:3e:12:34:56\"", text);
    }
    if (mac[0] & 1) {
        return bad(error, "\"%s\" is a group's address, not one interface's", text);
    }
    memcpy((uint8_t *)object + entry->offset, mac, sizeof(mac));
    return 0;
}

static int set_rate(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error)
{
    char least[PV_RATE_TEXT], most[PV_RATE_TEXT];
    uint64_t rate;

    if (!pv_rate_parse(text, &rate)) {
        return bad(error, "\"%s\" is not a rate, such as \"100Mb/s\" (bits) or \"10MB/s\" (bytes)", text);
    }
    if (rate < entry->least || rate > entry->most) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" is out of range: %s to %s are possible", text,
                            pv_rate_text(entry->least, least), pv_rate_text(entry->most, most));
    }
    *(uint64_t *)((char *)object + entry->offset) = rate;
    return 0;
}

static int set_vlans(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error)
{
    uint8_t vlans[PV_VLANS_SIZE];

    if (!pv_vlans_parse(text, vlans)) {
        return bad(error, "\"%s\" is no list of VLANs, such as \"10 20-29\", from 1 to 4094", text);
    }
    return set_string(entry, object, text, error);
}

int pv_schema_set(const struct pv_schema_entry *entry, void *object, const char *text,
                  struct pv_error *error)
{
    static int (*const setters[])(const struct pv_schema_entry *, void *, const char *,
                                  struct pv_error *) = {
        [PV_TYPE_NAME] = set_name, [PV_TYPE_TEXT] = set_text,       [PV_TYPE_PATH] = set_string,
        [PV_TYPE_SIZE] = set_size, [PV_TYPE_INTEGER] = set_integer, [PV_TYPE_CHOICE] = set_choice,
        [PV_TYPE_UUID] = set_uuid, [PV_TYPE_TARGET] = set_target,   [PV_TYPE_MAC] = set_mac,
        [PV_TYPE_RATE] = set_rate, [PV_TYPE_VLANS] = set_vlans,     [PV_TYPE_BOOL] = set_bool,
    };

    return setters[entry->type](entry, object, text, error);
}

enum pv_json_type pv_schema_json_type(const struct pv_schema_entry *entry)
{
    return entry->type == PV_TYPE_INTEGER ? PV_JSON_NUMBER
           : entry->type == PV_TYPE_BOOL  ? PV_JSON_BOOL
           : entry->type == PV_TYPE_LIST  ? PV_JSON_ARRAY
                                          : PV_JSON_STRING;
}

static bool holds_string(enum pv_schema_type type)
{
    return type == PV_TYPE_NAME || type == PV_TYPE_TEXT || type == PV_TYPE_PATH || type == PV_TYPE_TARGET ||
           type == PV_TYPE_VLANS;
}

static void clear_list(const struct pv_schema_list *list, struct pv_list *items)
{
    for (size_t i = 0; i < items->count; i++) {
        pv_schema_clear(list->entries, list->entry_count, (char *)items->items + i * list->item_size);
    }
    free(items->items);
    *items = (struct pv_list){0};
}

void pv_schema_clear(const struct pv_schema_entry *entries, size_t count, void *object)
{
    for (size_t key = 0; key < count; key++) {
        char *field = (char *)object + entries[key].offset;

        if (entries[key].type == PV_TYPE_LIST) {
            clear_list(entries[key].list, (struct pv_list *)field);
        } else if (holds_string(entries[key].type)) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}
