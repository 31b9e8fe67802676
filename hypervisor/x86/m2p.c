/* SPDX-License-Identifier: MIT */
/* Where the machine-to-physical table stands in memory: for the tools, which map it by its frames. */
#include "port/machine.h"
#include "x86/layout.h"
#include "x86/page_table.h"

#define CHUNK_SIZE 0x200000ull

mfn_t port_m2p_chunk(uint64_t chunk)
{
    const uint64_t *entry;

    if (chunk >= LAYOUT_M2P_SIZE / CHUNK_SIZE) {
        return MFN_INVALID;
    }
    entry = x86_find_entry(LAYOUT_M2P_RW + chunk * CHUNK_SIZE);
    return entry && *entry & X86_PTE_LARGE ? maddr_to_mfn(maddr(*entry & X86_PTE_ADDRESS)) : MFN_INVALID;
}
