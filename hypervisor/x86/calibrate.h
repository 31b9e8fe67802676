/* SPDX-License-Identifier: MIT */
/* How fast the TSC and the APIC timer run. */
#ifndef X86_CALIBRATE_H
#define X86_CALIBRATE_H

#include "lib/types.h"

struct x86_rates {
    uint64_t tsc_hz, apic_hz;
};

/*
 * Measures both against ACPI's PM timer (ACPI specification, 4.8.3.3) or, where there is none, the PIT; on the
 * first CPU with its APIC on and nothing else on the APIC timer. False: no timer runs.
 */
bool x86_calibrate(struct x86_rates *rates);

#endif
