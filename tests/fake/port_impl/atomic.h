/* SPDX-License-Identifier: MIT */
/* port/atomic.h on the tests' machine: the compiler's atomics, which ThreadSanitizer knows. */
#ifndef PORT_IMPL_ATOMIC_H
#define PORT_IMPL_ATOMIC_H

extern bool fake_threads, fake_interleaving;

/* Where another thread may go on: makes races likely that a machine shows once a week. */
void fake_point(void);

/* Where the interleaver may let another CPU go on (interleave.h). */
void fake_interleave_point(void);

static inline void fake_step(void)
{
    if (fake_interleaving) {
        fake_interleave_point();
    }
}

#define PORT_ATOMIC_ACCESS(bits)                                                            \
    static inline uint##bits##_t port_read_u##bits(const volatile uint##bits##_t *p)        \
    {                                                                                       \
        fake_step();                                                                        \
        return __atomic_load_n(p, __ATOMIC_RELAXED);                                        \
    }                                                                                       \
    static inline void port_write_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                       \
        fake_step();                                                                        \
        __atomic_store_n(p, value, __ATOMIC_RELAXED);                                       \
    }

#define PORT_ATOMIC_ORDERED(bits)                                                                   \
    static inline uint##bits##_t port_read_acquire_u##bits(const volatile uint##bits##_t *p)        \
    {                                                                                               \
        fake_step();                                                                                \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                                \
    }                                                                                               \
    static inline void port_write_release_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                               \
        fake_step();                                                                                \
        __atomic_store_n(p, value, __ATOMIC_RELEASE);                                               \
    }                                                                                               \
    static inline uint##bits##_t port_add_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                               \
        fake_step();                                                                                \
        return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);                                      \
    }                                                                                               \
    static inline uint##bits##_t port_or_u##bits(volatile uint##bits##_t *p, uint##bits##_t mask)   \
    {                                                                                               \
        fake_step();                                                                                \
        return __atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST);                                        \
    }                                                                                               \
    static inline uint##bits##_t port_and_u##bits(volatile uint##bits##_t *p, uint##bits##_t mask)  \
    {                                                                                               \
        fake_step();                                                                                \
        return __atomic_fetch_and(p, mask, __ATOMIC_SEQ_CST);                                       \
    }

#define PORT_ATOMIC_CAS(bits)                                                                                \
    static inline bool port_cas_u##bits(volatile uint##bits##_t *p, uint##bits##_t *expected,                \
                                        uint##bits##_t desired)                                              \
    {                                                                                                        \
        fake_step();                                                                                         \
        if (fake_threads) {                                                                                  \
            fake_point();                                                                                    \
        }                                                                                                    \
        return __atomic_compare_exchange_n(p, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    }

#define PORT_ATOMIC_SWAP(bits)                                                                       \
    static inline uint##bits##_t port_swap_u##bits(volatile uint##bits##_t *p, uint##bits##_t value) \
    {                                                                                                \
        fake_step();                                                                                 \
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

static inline void port_barrier_write(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

#endif
