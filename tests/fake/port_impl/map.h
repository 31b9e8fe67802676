/* SPDX-License-Identifier: MIT */
/* port/map.h on the tests' machine: an arena whose frames can be touched only while they are mapped. */
#ifndef PORT_IMPL_MAP_H
#define PORT_IMPL_MAP_H

void *fake_map(mfn_t frame);
void fake_unmap(const void *address);
void *fake_hv_address(mfn_t frame);
mfn_t fake_frame_of_address(const void *address);
bool fake_is_ram(mfn_t frame);
uint64_t fake_frame_limit(void);
void fake_m2p_set(mfn_t frame, uint64_t entry);
uint64_t fake_m2p_get(mfn_t frame);
void fake_clear_frame(mfn_t frame);
void fake_copy_frame(mfn_t to, mfn_t from);

static inline void *port_map_frame(mfn_t frame)
{
    return fake_map(frame);
}

static inline void port_unmap_frame(const void *address)
{
    fake_unmap(address);
}

static inline void *port_hv_address(mfn_t frame)
{
    return fake_hv_address(frame);
}

static inline mfn_t port_hv_frame(const void *address)
{
    return fake_frame_of_address(address);
}

static inline bool port_frame_is_ram(mfn_t frame)
{
    return fake_is_ram(frame);
}

static inline uint64_t port_frame_limit(void)
{
    return fake_frame_limit();
}

static inline void port_m2p_set(mfn_t frame, uint64_t entry)
{
    fake_m2p_set(frame, entry);
}

static inline uint64_t port_m2p_get(mfn_t frame)
{
    return fake_m2p_get(frame);
}

static inline void port_clear_frame(mfn_t frame)
{
    fake_clear_frame(frame);
}

static inline void port_copy_frame(mfn_t to, mfn_t from)
{
    fake_copy_frame(to, from);
}

#endif
