/* SPDX-License-Identifier: MIT */
/*
 * L1 terminal fault. Intel's list of affected processors is by family and model; later ones say in an MSR that
 * they are not. A processor may look at more address bits in its cache than CPUID tells: 44 since Nehalem, 46
 * since Sandy Bridge.
 */
#include "x86/l1tf.h"

#include "core/pte.h"
#include "lib/log.h"
#include "port/map.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"

#define CPUID_FEATURES          1u
#define MSR_ARCH_CAPABILITIES   0x10au
#define ARCH_CAPS_RDCL_NO       1ull
#define ARCH_CAPS_MDS_NO        0x20ull
#define FAMILY_CORE             6u

/* Models of family 6 that fetch nothing by a terminal fault: Atom and Knights. */
static bool model_safe(unsigned int model)
{
    static const uint8_t safe[] = {0x1c, 0x26, 0x27, 0x35, 0x36, 0x37, 0x4a, 0x4c, 0x4d,
                                   0x5a, 0x5c, 0x5d, 0x5f, 0x7a, 0x57, 0x85, 0x86, 0x96, 0x9c};

    for (size_t i = 0; i < ARRAY_SIZE(safe); i++) {
        if (safe[i] == model) {
            return true;
        }
    }
    return false;
}

static unsigned int cpu_model(unsigned int *family)
{
    uint32_t out[4];

    x86_cpuid(CPUID_FEATURES, 0, out);
    *family = out[0] >> 8 & 0xf;
    return (out[0] >> 4 & 0xf) | (out[0] >> 12 & 0xf0);
}

static bool has_capability(uint64_t capability)
{
    uint64_t capabilities;

    return x86_features.arch_capabilities && x86_try_rdmsr(MSR_ARCH_CAPABILITIES, &capabilities) &&
           capabilities & capability;
}

bool x86_rdcl_no(void)
{
    return has_capability(ARCH_CAPS_RDCL_NO);
}

bool x86_mds_no(void)
{
    return has_capability(ARCH_CAPS_MDS_NO);
}

static bool affected(void)
{
    unsigned int family, model = cpu_model(&family);

    return x86_features.intel && family == FAMILY_CORE && !model_safe(model) && !x86_rdcl_no();
}

/* Address bits that the first-level cache compares. */
static unsigned int cache_bits(void)
{
    unsigned int family, model = cpu_model(&family), least = 0;

    if (x86_features.intel && family == FAMILY_CORE) {
        /* Nehalem and Westmere; what is older is below, what is newer above. */
        bool nehalem = model == 0x1a || model == 0x1e || model == 0x1f || model == 0x2e || model == 0x25 ||
                       model == 0x2c || model == 0x2f;

        least = nehalem ? 44 : model > 0x1f ? 46 : 0;
    }
    return MAX(x86_features.physical_bits, least);
}

static bool chosen(enum x86_choice choice, bool otherwise)
{
    return choice == X86_CHOICE_DEFAULT ? otherwise : choice == X86_CHOICE_ON;
}

/* Guests (Linux) put inverted frame numbers into such entries, and no numbers of the upper half: so the upper
 * half is safe if no memory lies there. */
void x86_l1tf_init(enum x86_choice first, enum x86_choice others)
{
    unsigned int bits = cache_bits();

    pte_l1tf = (struct pte_l1tf){
        .mask = ((1ull << bits) - 1) & PTE_FRAME_MASK,
        .limit = MAX(1ull << (bits - 1), port_frame_limit() << PAGE_SHIFT),
        .first = chosen(first, false),
        .others = chosen(others, affected()),
    };
    log_info("L1TF: the CPU is %saffected; entries are checked for dom0: %s, for others: %s",
             affected() ? "" : "not ", pte_l1tf.first ? "yes" : "no", pte_l1tf.others ? "yes" : "no");
}
