/* SPDX-License-Identifier: MIT */
/* Brings the library up in the order in which its parts need one another, then runs the guest's program. */
#include "guest/start.h"

#include "guest/console.h"
#include "guest/event.h"
#include "guest/exit.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/string.h"
#include "guest/trap.h"
#include "guest/vcpu.h"
#include "guest/x86.h"

struct start_info *guest_start_info;
struct shared_info *guest_shared_info;
bool hypercall_by_page;

void guest_start(struct start_info *info);

bool guest_get_option(const char *name, char *value, unsigned long size)
{
    size_t length = strlen(name);
    const char *at = (const char *)guest_start_info->cmd_line;

    for (; *at; at++) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            const char *end = strchr(at, ' ');
            size_t wanted = (end ? (size_t)(end - at) : strlen(at)) - length;

            strlcpy(value, at + length + 1, wanted < size ? wanted : size);
            return true;
        }
    }
    return false;
}

bool guest_has_option(const char *word)
{
    size_t length = strlen(word);
    const char *at = (const char *)guest_start_info->cmd_line;

    while ((at = strstr(at, word))) {
        if (at[length] == 0 || at[length] == ' ') {
            return true;
        }
        at += length;
    }
    return false;
}

/* Called by the entry point on the boot stack. */
void guest_start(struct start_info *info)
{
    guest_start_info = info;
    vcpu_boot_init();
    console_init();
    memory_init();
    guest_shared_info = pt_map_frame(info->shared_info >> PAGE_SHIFT, PTE_PAGE);
    if (!guest_shared_info) {
        guest_crash("shared_info cannot be mapped");
    }
    vcpu_attach_info(guest_shared_info);
    pt_publish_frames();
    trap_init();
    event_init();
    event_enable();
    guest_exit(guest_main());
}
