/* SPDX-License-Identifier: MIT */
/* Access to frames. Every port_map_frame is paired with a port_unmap_frame; the tests' machine fails on a
 * leak. */
#ifndef PORT_MAP_H
#define PORT_MAP_H

#include "lib/types.h"

/* Makes one frame of RAM readable and writable, for this CPU; cannot fail. */
static inline void *port_map_frame(mfn_t frame);

/* Ends it; the pointer may point anywhere into the frame. */
static inline void port_unmap_frame(const void *address);

/* The address of a run of frames that belongs to the hypervisor itself, mapped for good; and the way back. */
static inline void *port_hv_address(mfn_t frame);
static inline mfn_t port_hv_frame(const void *address);

/* Whether the frame is RAM that the frame table covers. Any number may be asked about. */
static inline bool port_frame_is_ram(mfn_t frame);

/* One more than the highest frame of RAM. */
static inline uint64_t port_frame_limit(void);

/* How many frames of RAM there are. */
uint64_t port_ram_frames(void);

/* The machine-to-physical table: writes one entry (frame must be RAM), reads one (any frame; ~0 for a hole).
 */
static inline void port_m2p_set(mfn_t frame, uint64_t entry);
static inline uint64_t port_m2p_get(mfn_t frame);

/* Fills a frame with zeros. */
static inline void port_clear_frame(mfn_t frame);

/* Copies one frame to another. */
static inline void port_copy_frame(mfn_t to, mfn_t from);

#include <port_impl/map.h>

#endif
