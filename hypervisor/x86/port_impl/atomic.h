/* SPDX-License-Identifier: MIT */
/* port/atomic.h on the real machine: the compiler's atomics. */
#ifndef PORT_IMPL_ATOMIC_H
#define PORT_IMPL_ATOMIC_H

#define PORT_ATOMIC_ACCESS(bits)                                                            \
    static inline uint##bits##_t port_read_u##bits(const volatile uint##bits##_t *p)        \
    {                                                                                       \
        return __atomic_load_n(p, __ATOMIC_RELAXED);                                        \
    }                                                                                       \
    static inline void port_write_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                       \
        __atomic_store_n(p, value, __ATOMIC_RELAXED);                                       \
    }

#define PORT_ATOMIC_ORDERED(bits)                                                                   \
    static inline uint##bits##_t port_read_acquire_u##bits(const volatile uint##bits##_t *p)        \
    {                                                                                               \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                                \
    }                                                                                               \
    static inline void port_write_release_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                               \
        __atomic_store_n(p, value, __ATOMIC_RELEASE);                                               \
    }                                                                                               \
    static inline uint##bits##_t port_add_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                               \
        return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);                                      \
    }                                                                                               \
    static inline uint##bits##_t port_or_u##bits(volatile uint##bits##_t *p, uint##bits##_t mask)   \
    {                                                                                               \
        return __atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST);                                        \
    }                                                                                               \
    static inline uint##bits##_t port_and_u##bits(volatile uint##bits##_t *p, uint##bits##_t mask)  \
    {                                                                                               \
        return __atomic_fetch_and(p, mask, __ATOMIC_SEQ_CST);                                       \
    }

#define PORT_ATOMIC_CAS(bits)                                                                                \
    static inline bool port_cas_u##bits(volatile uint##bits##_t *p, uint##bits##_t *expected,                \
                                        uint##bits##_t desired)                                              \
    {                                                                                                        \
        return __atomic_compare_exchange_n(p, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    }

#define PORT_ATOMIC_SWAP(bits)                                                                       \
    static inline uint##bits##_t port_swap_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                                \
        return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                                      \
    }

PORT_ATOMIC_ACCESS(8)
PORT_ATOMIC_ACCESS(16)
PORT_ATOMIC_ACCESS(32)
PORT_ATOMIC_ACCESS(64)
PORT_ATOMIC_ORDERED(32)
PORT_ATOMIC_ORDERED(64)
PORT_ATOMIC_CAS(16)
PORT_ATOMIC_CAS(32)
PORT_ATOMIC_CAS(64)
PORT_ATOMIC_SWAP(8)
PORT_ATOMIC_SWAP(32)
PORT_ATOMIC_SWAP(64)

static inline bool port_bit_test_and_set(volatile uint64_t *words, unsigned int bit)
{
    uint64_t mask = 1ull << bit % 64;

    return port_or_u64(&words[bit / 64], mask) & mask;
}

static inline bool port_bit_test_and_clear(volatile uint64_t *words, unsigned int bit)
{
    uint64_t mask = 1ull << bit % 64;

    return port_and_u64(&words[bit / 64], ~mask) & mask;
}

static inline bool port_bit_test(const volatile uint64_t *words, unsigned int bit)
{
    return port_read_u64(&words[bit / 64]) >> bit % 64 & 1;
}

static inline void port_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* x86 keeps loads in order among themselves, and stores too (SDM volume 3, 8.2.2): only the compiler is held
 * back. */
static inline void port_barrier_write(void)
{
    __asm__ volatile("" ::: "memory");
}

#endif
