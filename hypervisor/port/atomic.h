/* SPDX-License-Identifier: MIT */
/*
 * Atomic operations on words that several CPUs, or a guest and the hypervisor, share. All are sequentially
 * consistent unless the name says otherwise. They go through the port so that the tests' machine can switch
 * CPUs at each of them.
 */
#ifndef PORT_ATOMIC_H
#define PORT_ATOMIC_H

#include "lib/types.h"

/* A single load or store that the compiler may not split, repeat or drop. */
static inline uint8_t port_read_u8(const volatile uint8_t *p);
static inline uint16_t port_read_u16(const volatile uint16_t *p);
static inline uint32_t port_read_u32(const volatile uint32_t *p);
static inline uint64_t port_read_u64(const volatile uint64_t *p);
static inline void port_write_u8(volatile uint8_t *p, uint8_t value);
static inline void port_write_u16(volatile uint16_t *p, uint16_t value);
static inline void port_write_u32(volatile uint32_t *p, uint32_t value);
static inline void port_write_u64(volatile uint64_t *p, uint64_t value);

/* Acquire loads and release stores. */
static inline uint32_t port_read_acquire_u32(const volatile uint32_t *p);
static inline uint64_t port_read_acquire_u64(const volatile uint64_t *p);
static inline void port_write_release_u32(volatile uint32_t *p, uint32_t value);
static inline void port_write_release_u64(volatile uint64_t *p, uint64_t value);

/* If *p is *expected, stores desired and returns true; else puts what was found into *expected and returns
 * false. */
static inline bool port_cas_u16(volatile uint16_t *p, uint16_t *expected, uint16_t desired);
static inline bool port_cas_u32(volatile uint32_t *p, uint32_t *expected, uint32_t desired);
static inline bool port_cas_u64(volatile uint64_t *p, uint64_t *expected, uint64_t desired);

static inline uint8_t port_swap_u8(volatile uint8_t *p, uint8_t value);
static inline uint32_t port_swap_u32(volatile uint32_t *p, uint32_t value);
static inline uint64_t port_swap_u64(volatile uint64_t *p, uint64_t value);

/* Return the value before. */
static inline uint32_t port_add_u32(volatile uint32_t *p, uint32_t value);
static inline uint64_t port_add_u64(volatile uint64_t *p, uint64_t value);
static inline uint32_t port_or_u32(volatile uint32_t *p, uint32_t bits);
static inline uint32_t port_and_u32(volatile uint32_t *p, uint32_t bits);
static inline uint64_t port_or_u64(volatile uint64_t *p, uint64_t bits);
static inline uint64_t port_and_u64(volatile uint64_t *p, uint64_t bits);

/* Bits in an array of 64-bit words, as the ABI's event bitmaps are. The first two return the bit before. */
static inline bool port_bit_test_and_set(volatile uint64_t *words, unsigned int bit);
static inline bool port_bit_test_and_clear(volatile uint64_t *words, unsigned int bit);
static inline bool port_bit_test(const volatile uint64_t *words, unsigned int bit);

/* Full and store barriers between CPUs. */
static inline void port_barrier(void);
static inline void port_barrier_write(void);

#include <port_impl/atomic.h>

#endif
