/* SPDX-License-Identifier: MIT */
/* Fuzzes the parsers of boot configurations: the first byte says which; what comes out is bounded, ended and without
 * paths that lead upwards. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bootconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_text(const char *text, size_t size)
{
    demand(memchr(text, '\0', size) != NULL);
}

static void check_path(const char *path)
{
    check_text(path, PV_BOOTCONF_PATH);
    demand(path[0] == '/' && !strstr(path, ".."));
}

static void check(const struct pv_bootconf_entry *entry)
{
    check_path(entry->kernel);
    check_text(entry->title, sizeof(entry->title));
    check_text(entry->id, sizeof(entry->id));
    check_text(entry->version, sizeof(entry->version));
    check_text(entry->cmdline, sizeof(entry->cmdline));
    demand(entry->ramdisk_count <= PV_BOOTCONF_RAMDISKS);
    for (size_t i = 0; i < entry->ramdisk_count; i++) {
        check_path(entry->ramdisks[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_bootconf conf = {0};
    const char *text = (const char *)data + 1;

    if (size == 0) {
        return 0;
    }
    if (data[0] == 'b') {
        pv_bootconf_entry(&conf, "first", text, size - 1);
        pv_bootconf_entry(&conf, "second", text, (size - 1) / 2);
        pv_bootconf_loader(&conf, text, size - 1);
        pv_bootconf_sort(&conf);
    } else {
        pv_bootconf_grub(&conf, text, size - 1);
    }
    demand(conf.count <= PV_BOOTCONF_ENTRIES);
    for (size_t i = 0; i < conf.count; i++) {
        check(&conf.entries[i]);
    }
    demand((pv_bootconf_choose(&conf) != NULL) == (conf.count > 0));
    pv_bootconf_free(&conf);
    return 0;
}
