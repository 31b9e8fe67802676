/* SPDX-License-Identifier: MIT */
/* From the bytes of an input to choices that mean something: see world.h. */
#include "input.h"

#include "core/frame.h"
#include "core/pte.h"
#include "port/cpu.h"
#include "world.h"

static const uint8_t *bytes;
static size_t left;

void fuzz_input_set(const uint8_t *data, size_t size)
{
    bytes = data;
    left = size;
}

bool fuzz_more(void)
{
    return left != 0;
}

uint8_t fuzz_u8(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *bytes++;
}

uint16_t fuzz_u16(void)
{
    uint8_t low = fuzz_u8();

    return (uint16_t)(low | fuzz_u8() << 8);
}

uint32_t fuzz_u32(void)
{
    uint16_t low = fuzz_u16();

    return low | (uint32_t)fuzz_u16() << 16;
}

uint64_t fuzz_u64(void)
{
    uint32_t low = fuzz_u32();

    return low | (uint64_t)fuzz_u32() << 32;
}

unsigned int fuzz_below(unsigned int n)
{
    return fuzz_u8() % n;
}

bool fuzz_one_in(unsigned int n)
{
    return fuzz_u8() % n == n - 1;
}

uint64_t fuzz_number(void)
{
    static const uint64_t edges[] = {0x7f,       0x80,       0xff,       0x100,     0x1ff,
                                     0x200,      0xfff,      0x1000,     0x7fff,    0x8000,
                                     0xffff,     0x7fffffff, 0x80000000, ~0u,       1ull << 32,
                                     1ull << 47, 1ull << 63, ~0ull,      ~0ull - 1, 0xffff800000000000};
    unsigned int kind = fuzz_u8();

    if (kind < 0xc0) {
        return kind % 32;
    }
    return kind < 0xf0 ? FUZZ_PICK(edges) : fuzz_u64();
}

unsigned int fuzz_domain(void)
{
    return fuzz_below(FUZZ_DOMAINS);
}

domid_t fuzz_domid(void)
{
    static const domid_t others[] = {DOMID_SELF,    DOMID_IO,     DOMID_XEN, DOMID_IDLE,
                                     DOMID_INVALID, FUZZ_DOMAINS, 77};
    unsigned int kind = fuzz_u8();

    return kind < 0xc0 ? (domid_t)(kind % FUZZ_DOMAINS) : others[kind % ARRAY_SIZE(others)];
}

mfn_t fuzz_frame(void)
{
    unsigned int kind = fuzz_u8();
    const struct domain *other;

    if (kind < 0xd8) {
        return fuzz_frame_of(fuzz_self(), kind % FUZZ_ROLES);
    }
    if (kind < 0xe8) {
        return fuzz_frame_of(kind % FUZZ_DOMAINS, fuzz_below(FUZZ_ROLES));
    }
    if (kind < 0xf0) {
        other = domain_by_id((domid_t)(kind % FUZZ_DOMAINS));
        return other ? other->shared_info_frame : MFN_INVALID;
    }
    return kind < 0xf8 ? mfn(fuzz_u16()) : mfn(fuzz_number());
}

uint64_t fuzz_address(void)
{
    static const uint16_t upper[] = {0, 0, 0, 0, 0, 1, 255, 511};
    static const uint16_t roots[] = {0, 0, 0, 0, 1, 255, 256, 260, 271, 272, 511};
    unsigned int kind = fuzz_u8();
    uint64_t address = kind % 16;

    if (kind >= 0xc0) {
        address |= (uint64_t)FUZZ_PICK(upper) << 9;
        address |= (uint64_t)FUZZ_PICK(upper) << 18;
        address |= (uint64_t)FUZZ_PICK(roots) << 27;
    }
    address <<= PAGE_SHIFT;
    address |= address >> 47 ? 0xffff000000000000ull : 0;
    address += kind & 0x10 ? (uint64_t)fuzz_below(16) * 8 : 0;
    return address + (kind & 0x20 && fuzz_one_in(8) ? 4 : 0);
}

uint64_t fuzz_entry(unsigned int role)
{
    static const uint64_t flags[] = {PTE_PRESENT | PTE_WRITE | PTE_USER,
                                     PTE_PRESENT | PTE_WRITE | PTE_USER,
                                     PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY,
                                     PTE_PRESENT | PTE_USER,
                                     PTE_PRESENT | PTE_USER | PTE_ACCESSED,
                                     PTE_PRESENT,
                                     PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_NO_EXECUTE,
                                     PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_GLOBAL,
                                     PTE_PRESENT | PTE_USER | PTE_CACHE_DISABLE,
                                     PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_SUPERPAGE,
                                     0};
    unsigned int kind = fuzz_u8();
    mfn_t m;

    if (kind < 0x18) {
        return 0;
    }
    if (kind < 0xc0) {
        m = fuzz_frame_of(fuzz_self(), role == 0 ? FUZZ_PAGES : role - 1);
    } else {
        m = fuzz_frame();
    }
    return kind < 0xf8 ? pte_make(m, FUZZ_PICK(flags)) : pte_make(m, 0) | fuzz_u64();
}
