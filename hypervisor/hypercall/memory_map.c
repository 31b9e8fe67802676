/* SPDX-License-Identifier: MIT */
/* memory_op: maps of memory, a domain's own and the machine's, and where the machine-to-physical table is. */
#include "core/domain.h"
#include "core/heap.h"
#include "hypercall/memory.h"
#include "lib/e820.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "port/map.h"

int64_t memory_map_own(guest_va_t at)
{
    struct domain *d = CURRENT_DOMAIN();
    struct e820entry entries[DOMAIN_E820_MAX];
    struct xen_memory_map map;
    struct lock_token token;
    uint32_t count;

    if (port_copy_from_guest(&map, at, sizeof(map))) {
        return -XEN_EFAULT;
    }
    token = lock_acquire(&d->lock);
    count = d->e820 ? d->e820_count : 0;
    if (count != 0) {
        memcpy(entries, d->e820, count * sizeof(entries[0]));
    }
    lock_release(token);
    if (count == 0) {
        return -XEN_ENOSYS;
    }
    if (GUEST_HANDLE_VA(map.buffer).n != 0) {
        count = MIN(count, map.nr_entries);
        if (port_copy_to_guest(GUEST_HANDLE_VA(map.buffer), entries, count * sizeof(entries[0]))) {
            return -XEN_EFAULT;
        }
    }
    map.nr_entries = count;
    return port_copy_to_guest(at, &map, sizeof(map));
}

static void map_replace(struct domain *d, struct e820entry *entries, uint32_t count)
{
    struct lock_token token = lock_acquire(&d->lock);
    struct e820entry *old = d->e820;

    d->e820 = entries;
    d->e820_count = count;
    lock_release(token);
    heap_free(old);
}

static int64_t map_set(struct domain *d, const struct xen_memory_map *map)
{
    size_t size = map->nr_entries * sizeof(struct e820entry);
    struct e820entry *entries = NULL;

    if (size != 0) {
        entries = heap_zalloc(size);
        if (!entries) {
            return -XEN_ENOMEM;
        }
        if (port_copy_from_guest(entries, GUEST_HANDLE_VA(map->buffer), size)) {
            heap_free(entries);
            return -XEN_EFAULT;
        }
    }
    map_replace(d, entries, map->nr_entries);
    return 0;
}

int64_t memory_map_set(guest_va_t at)
{
    struct xen_foreign_memory_map in;
    struct domain *d;
    int64_t result;

    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    if (in.map.nr_entries > DOMAIN_E820_MAX) {
        return -XEN_EINVAL;
    }
    result = memory_target(in.domid, &d);
    if (result == 0) {
        result = map_set(d, &in.map);
        domain_put(d);
    }
    return result;
}

/* The machine's map while it goes to the guest. */
struct map_writer {
    guest_va_t buffer; /* 0: the entries are only counted */
    uint32_t room, count;
};

static int map_put(struct map_writer *w, uint64_t first, uint64_t end, uint32_t type)
{
    struct e820entry entry = {first, end - first, type};

    if (w->buffer.n != 0) {
        if (w->count >= w->room) {
            return -XEN_EINVAL;
        }
        if (GUEST_ARRAY_PUT(w->buffer, w->count, &entry)) {
            return -XEN_EFAULT;
        }
    }
    w->count++;
    return 0;
}

/* What of the frames [first, end), which the firmware says nothing about, the domain may not touch is
 * reserved for it. */
static int map_put_gap(struct map_writer *w, uint64_t first, uint64_t end)
{
    const struct rangeset *allowed = CURRENT_DOMAIN()->io_frames;
    int error = 0;

    for (uint32_t i = 0; allowed && i < allowed->count && first < end && !error; i++) {
        const struct range *r = &allowed->ranges[i];

        if (r->last < first) {
            continue;
        }
        if (r->first > first) {
            uint64_t to = MIN(r->first, end);

            error = map_put(w, first << PAGE_SHIFT, to << PAGE_SHIFT, E820_RESERVED);
        }
        first = r->last + 1;
    }
    if (!error && first < end) {
        error = map_put(w, first << PAGE_SHIFT, end << PAGE_SHIFT, E820_RESERVED);
    }
    return error;
}

/* One more than the last frame that the domain may touch: beyond it there is nothing to tell. */
static uint64_t map_end(void)
{
    const struct rangeset *allowed = CURRENT_DOMAIN()->io_frames;

    return allowed && allowed->count ? allowed->ranges[allowed->count - 1].last + 1 : 0;
}

static int map_put_machine(struct map_writer *w)
{
    struct e820entry entry;
    uint64_t behind = 0;
    int error = 0;

    for (unsigned int i = 0; !error && port_machine_e820(i, &entry); i++) {
        if (entry.addr >> PAGE_SHIFT > behind) {
            error = map_put_gap(w, behind, entry.addr >> PAGE_SHIFT);
        }
        if (!error) {
            error = map_put(w, entry.addr, entry.addr + entry.size, entry.type);
        }
        behind = ROUND_UP(entry.addr + entry.size, PAGE_SIZE) >> PAGE_SHIFT;
    }
    return error ? error : map_put_gap(w, behind, map_end());
}

int64_t memory_map_machine(guest_va_t at)
{
    struct xen_memory_map map;
    struct map_writer w;
    int64_t result;

    if (!CURRENT_DOMAIN()->privileged) {
        return -XEN_EPERM;
    }
    if (port_copy_from_guest(&map, at, sizeof(map))) {
        return -XEN_EFAULT;
    }
    w = (struct map_writer){GUEST_HANDLE_VA(map.buffer), map.nr_entries, 0};
    result = map_put_machine(&w);
    if (result) {
        return result;
    }
    map.nr_entries = w.count;
    return port_copy_to_guest(at, &map, sizeof(map));
}

/* No device is assigned one to one, so no memory is reserved for any. */
int64_t memory_reserved_devices(guest_va_t at)
{
    struct xen_reserved_device_memory_map map;

    if (port_copy_from_guest(&map, at, sizeof(map))) {
        return -XEN_EFAULT;
    }
    if (map.flags & ~(uint32_t)XENMEM_RDM_ALL) {
        return -XEN_EINVAL;
    }
    map.nr_entries = 0;
    return port_copy_to_guest(at, &map, sizeof(map));
}

int64_t memory_m2p_place(guest_va_t at)
{
    struct xen_machphys_mapping mapping = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = MACH2PHYS_NR_ENTRIES - 1,
    };

    if (CURRENT_DOMAIN()->privileged) {
        mapping.max_mfn = port_frame_limit() - 1;
    }
    return port_copy_to_guest(at, &mapping, sizeof(mapping));
}

#define M2P_CHUNK_ENTRIES 0x40000ull /* 2 MiB of 8-byte entries */

/* Holes of the table are filled with the chunk before them, so that the list has no gap. */
int64_t memory_m2p_frames(guest_va_t at)
{
    struct xen_machphys_mfn_list list;
    uint64_t chunks = ROUND_UP(port_frame_limit(), M2P_CHUNK_ENTRIES) / M2P_CHUNK_ENTRIES;
    xen_pfn_t frame = 0;
    unsigned int i;

    if (port_copy_from_guest(&list, at, sizeof(list))) {
        return -XEN_EFAULT;
    }
    for (i = 0; i < list.max_extents && i < chunks; i++) {
        mfn_t chunk = port_m2p_chunk(i);

        frame = mfn_valid_number(chunk) ? chunk.n : frame;
        if (GUEST_ARRAY_PUT(GUEST_HANDLE_VA(list.extent_start), i, &frame)) {
            return -XEN_EFAULT;
        }
    }
    list.nr_extents = i;
    return port_copy_to_guest(at, &list, sizeof(list));
}
