/* SPDX-License-Identifier: MIT */
/* Basic types: integers, address types that cannot be mixed up, and the few macros that all floors use. */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A machine frame number: a 4 KiB frame of the real machine. */
typedef struct {
    uint64_t n;
} mfn_t;

/* A frame number in a guest's pseudo-physical space. */
typedef struct {
    uint64_t n;
} pfn_t;

/* A machine address. */
typedef struct {
    uint64_t n;
} maddr_t;

/* A linear address of a guest. C cannot dereference it: use port/guest_copy.h. */
typedef struct {
    uint64_t n;
} guest_va_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ull << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define MFN_INVALID ((mfn_t){~0ull})

static inline mfn_t mfn(uint64_t n)
{
    return (mfn_t){n};
}

static inline pfn_t pfn(uint64_t n)
{
    return (pfn_t){n};
}

static inline maddr_t maddr(uint64_t n)
{
    return (maddr_t){n};
}

static inline guest_va_t guest_va(uint64_t n)
{
    return (guest_va_t){n};
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
    return (maddr_t){m.n << PAGE_SHIFT};
}

static inline mfn_t maddr_to_mfn(maddr_t a)
{
    return (mfn_t){a.n >> PAGE_SHIFT};
}

static inline bool mfn_equal(mfn_t a, mfn_t b)
{
    return a.n == b.n;
}

static inline bool mfn_valid_number(mfn_t m)
{
    return m.n != ~0ull;
}

#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define ALIGNED(n) __attribute__((aligned(n)))

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

#endif
