/* SPDX-License-Identifier: MIT */
/* xen_version: what a guest may know of the hypervisor. Strings are whole and padded with zeros (XSA-122). */
#include "core/domain.h"
#include "core/version.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/features.h"

/* What guests get to see of strings that are not for them. */
#define DENIED "<denied>"

static int64_t put_features(guest_va_t argument)
{
    struct domain *d = CURRENT_DOMAIN();
    struct xen_feature_info info;

    if (port_copy_from_guest(&info, argument, sizeof(info))) {
        return -XEN_EFAULT;
    }
    if (info.submap_idx != 0) {
        return -XEN_EINVAL;
    }
    info.submap = 1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
                  1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_memory_op_vnode_supported |
                  1u << XENFEAT_direct_mapped;
    if (d->vm_assist & 1ull << VMASST_TYPE_pae_extended_cr3) {
        info.submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
    }
    if (d == domain_first) {
        info.submap |= 1u << XENFEAT_dom0;
    }
    return port_copy_to_guest(argument, &info, sizeof(info));
}

static int64_t put_compile_info(guest_va_t argument)
{
    struct xen_compile_info info = {
        .compiler = "gcc " __VERSION__, .compile_by = "parvis", .compile_domain = ""};

    strlcpy(info.compile_date, "unknown", sizeof(info.compile_date));
    return port_copy_to_guest(argument, &info, sizeof(info));
}

static int64_t put_string(guest_va_t argument, const char *text, size_t size)
{
    char whole[1024] = {0};

    strlcpy(whole, text, MIN(size, sizeof(whole)));
    return port_copy_to_guest(argument, whole, size);
}

static int64_t put_address_start(guest_va_t argument)
{
    struct xen_platform_parameters parameters = {.virt_start = HYPERVISOR_VIRT_START};

    return port_copy_to_guest(argument, &parameters, sizeof(parameters));
}

/* The image has none; wrong arguments are told before that. */
static int64_t put_build_id(guest_va_t argument)
{
    xen_build_id_t id;

    if (argument.n == 0) {
        return -XEN_ENODATA;
    }
    if (port_copy_from_guest(&id, argument, sizeof(id))) {
        return -XEN_EFAULT;
    }
    return id.len == 0 ? -XEN_EINVAL : -XEN_ENODATA;
}

int64_t hypercall_xen_version(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 1);

    switch ((uint32_t)args->arg[0]) {
    case XENVER_version:
        return VERSION_MAJOR << 16 | VERSION_MINOR;
    case XENVER_extraversion:
        return put_string(argument, VERSION_EXTRA, XEN_EXTRAVERSION_LEN);
    case XENVER_compile_info:
        return put_compile_info(argument);
    case XENVER_capabilities:
        return put_string(argument, VERSION_CAPABILITIES, XEN_CAPABILITIES_INFO_LEN);
    case XENVER_changeset:
        return put_string(argument, "", XEN_CHANGESET_INFO_LEN);
    case XENVER_platform_parameters:
        return put_address_start(argument);
    case XENVER_get_features:
        return put_features(argument);
    case XENVER_pagesize:
        return PAGE_SIZE;
    case XENVER_guest_handle:
        return port_copy_to_guest(argument, CURRENT_DOMAIN()->handle, sizeof(xen_domain_handle_t));
    case XENVER_commandline:
        return put_string(argument, CURRENT_DOMAIN()->privileged ? version_command_line : DENIED,
                          VERSION_COMMAND_LINE_LENGTH);
    case XENVER_build_id:
        return CURRENT_DOMAIN()->privileged ? put_build_id(argument) : -XEN_EPERM;
    default:
        return -XEN_ENOSYS;
    }
}
