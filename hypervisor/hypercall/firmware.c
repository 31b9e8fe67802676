/* SPDX-License-Identifier: MIT */
/* platform_op's firmware_info: what the first domain cannot ask the firmware itself. */
#include "hypercall/firmware.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "pvabi/errno.h"

static int64_t vendor(const struct port_efi *efi, union xenpf_efi_info *info)
{
    guest_va_t to = GUEST_HANDLE_VA(info->vendor.name);
    uint32_t room = info->vendor.bufsz / sizeof(efi->vendor[0]);

    info->vendor.revision = efi->vendor_revision;
    for (uint32_t i = 0; i < room; i++) {
        if (GUEST_ARRAY_PUT(to, i, &efi->vendor[i])) {
            return -XEN_EFAULT;
        }
        if (efi->vendor[i] == 0) {
            break;
        }
    }
    return 0;
}

/* What EFI's memory map says of an address; the size is cut to what lies in the same descriptor. */
static int64_t memory(union xenpf_efi_info *info)
{
    struct port_efi_memory m;

    for (unsigned int i = 0; port_efi_memory(i, &m); i++) {
        uint64_t offset = info->mem.addr - m.start;

        if (info->mem.addr >= m.start && offset < m.length) {
            info->mem.type = m.type;
            info->mem.attr = m.attributes;
            info->mem.size = MIN(info->mem.size, m.length - offset);
            return 0;
        }
    }
    return -XEN_ESRCH;
}

/* The runtime services are not used, as with Xen's efi=no-rs. */
static int64_t efi_info(uint32_t index, union xenpf_efi_info *info)
{
    const struct port_efi *efi = port_efi();

    if (!efi) {
        return -XEN_ENODEV;
    }
    switch (index) {
    case XEN_FW_EFI_VERSION:
        info->version = efi->revision;
        return 0;
    case XEN_FW_EFI_CONFIG_TABLE:
        info->cfg.addr = efi->tables;
        info->cfg.nent = efi->table_count;
        return 0;
    case XEN_FW_EFI_VENDOR:
        return vendor(efi, info);
    case XEN_FW_EFI_MEM_INFO:
        return memory(info);
    case XEN_FW_EFI_RT_VERSION:
        return -XEN_EOPNOTSUPP;
    case XEN_FW_EFI_PCI_ROM:
        return -XEN_ESRCH;
    case XEN_FW_EFI_APPLE_PROPERTIES:
        return -XEN_ENODATA;
    default:
        return -XEN_EINVAL;
    }
}

/* What a BIOS tells in real mode was not asked: no disk, no monitor. */
int64_t firmware_info(struct xenpf_firmware_info *info)
{
    switch (info->type) {
    case XEN_FW_EFI_INFO:
        return efi_info(info->index, &info->u.efi_info);
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
    case XEN_FW_KBD_SHIFT_FLAGS:
        return -XEN_ESRCH;
    default:
        return -XEN_EINVAL;
    }
}
