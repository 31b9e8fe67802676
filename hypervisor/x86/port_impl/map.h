/* SPDX-License-Identifier: MIT */
/* port/map.h on the real machine: the direct map makes mapping free. */
#ifndef PORT_IMPL_MAP_H
#define PORT_IMPL_MAP_H

#include "x86/layout.h"

/* RAM that guests and the hypervisor may use, in ascending order; filled at boot. */
struct x86_ram_region {
    uint64_t first, end; /* frame numbers */
};

#define X86_RAM_REGIONS_MAX 32u
extern struct x86_ram_region x86_ram[X86_RAM_REGIONS_MAX];
extern unsigned int x86_ram_count;

static inline void *port_map_frame(mfn_t frame)
{
    return (void *)(LAYOUT_DIRECT + (frame.n << PAGE_SHIFT));
}

static inline void port_unmap_frame(const void *address)
{
    (void)address;
}

static inline void *port_hv_address(mfn_t frame)
{
    return (void *)(LAYOUT_DIRECT + (frame.n << PAGE_SHIFT));
}

static inline mfn_t port_hv_frame(const void *address)
{
    return mfn(((uintptr_t)address - LAYOUT_DIRECT) >> PAGE_SHIFT);
}

static inline bool port_frame_is_ram(mfn_t frame)
{
    for (unsigned int i = 0; i < x86_ram_count; i++) {
        if (frame.n < x86_ram[i].end) {
            return frame.n >= x86_ram[i].first;
        }
    }
    return false;
}

static inline uint64_t port_frame_limit(void)
{
    return x86_ram[x86_ram_count - 1].end;
}

static inline void port_m2p_set(mfn_t frame, uint64_t entry)
{
    ((volatile uint64_t *)LAYOUT_M2P_RW)[frame.n] = entry;
}

static inline uint64_t port_m2p_get(mfn_t frame)
{
    return port_frame_is_ram(frame) ? ((volatile uint64_t *)LAYOUT_M2P_RW)[frame.n] : ~0ull;
}

static inline void port_clear_frame(mfn_t frame)
{
    void *to = port_map_frame(frame);
    uint64_t count = PAGE_SIZE / 8;

    __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(0) : "memory");
}

static inline void port_copy_frame(mfn_t to_frame, mfn_t from_frame)
{
    void *to = port_map_frame(to_frame), *from = port_map_frame(from_frame);
    uint64_t count = PAGE_SIZE / 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

#endif
