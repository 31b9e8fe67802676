/* SPDX-License-Identifier: MIT */
/* The smallest guest: says what it was given, and powers off. */
#include "guest/guest.h"

int guest_main(void)
{
    const struct start_info *info = guest_start_info;
    long version = hypercall_xen_version(XENVER_version, 0);
    char extra[XEN_EXTRAVERSION_LEN] = "";

    hypercall_xen_version(XENVER_extraversion, HARG(extra));
    printf("Hello from a PV guest on %ld.%ld%s\n", version >> 16, version & 0xffff, extra);
    printf("  magic        %s\n", info->magic);
    printf("  memory       %lu pages, %lu of them in the linear map\n", info->nr_pages,
           memory_mapped_count());
    printf("  shared_info  machine address 0x%lx\n", info->shared_info);
    printf("  flags        0x%x%s\n", info->flags, guest_is_initial_domain() ? ", the first domain" : "");
    printf("  page tables  %lu frames at 0x%lx\n", info->nr_pt_frames, info->pt_base);
    printf("  mfn list     0x%lx\n", info->mfn_list);
    printf("  module       %lu bytes at 0x%lx\n", info->mod_len, info->mod_start);
    printf("  command line %s\n", (const char *)info->cmd_line);
    printf("  vCPUs        %u\n", vcpu_count());
    printf("  system time  %lu ns, TSC %lu kHz\n", time_now(), time_tsc_khz());
    printf("  wall clock   %lu s since 1970\n", time_wall() / TIME_S);
    return 0;
}
