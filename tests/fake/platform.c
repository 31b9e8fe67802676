/* SPDX-License-Identifier: MIT */
/* The tests' machine: what a platform has besides CPUs and memory: interrupt lines, the memory map, FPU
 * images. */
#include <string.h>

#include "fake.h"
#include "lib/e820.h"
#include "port/cpu.h"
#include "port/irq.h"
#include "port/machine.h"
#include "port/map.h"
#include "port/vcpu.h"
#include "pvabi/errno.h"

#define LINES       24u
#define FXSAVE_SIZE 512u
#define XSAVE_SIZE  832u /* with AVX */

struct fake_line fake_lines[LINES];

static uint8_t fpu_image[XSAVE_SIZE];

unsigned int port_irq_count(void)
{
    return LINES;
}

int port_irq_route(unsigned int gsi, bool level, bool low)
{
    if (gsi >= LINES) {
        return -XEN_EINVAL;
    }
    fake_lines[gsi] = (struct fake_line){.routed = true, .masked = true, .level = level, .low = low};
    return 0;
}

void port_irq_mask(unsigned int gsi, bool masked)
{
    if (gsi >= LINES || !fake_lines[gsi].routed) {
        fake_fail("interrupt line %u is masked, but not routed", gsi);
    }
    fake_lines[gsi].masked = masked;
}

void port_irq_target(unsigned int gsi, unsigned int cpu)
{
    if (gsi >= LINES || !fake_lines[gsi].routed) {
        fake_fail("interrupt line %u gets a CPU, but is not routed", gsi);
    }
    fake_lines[gsi].cpu = cpu;
}

void port_irq_default(unsigned int gsi, bool *level, bool *low)
{
    *level = *low = gsi >= 16;
}

int port_irq_controller_read(uint64_t address, uint32_t reg, uint32_t *value)
{
    (void)address;
    (void)reg;
    *value = 0;
    return -XEN_EINVAL;
}

uint32_t port_cpu_apic_id(unsigned int cpu)
{
    return cpu * 2;
}

uint32_t port_cpu_acpi_id(unsigned int cpu)
{
    return cpu + 1;
}

const struct e820entry *fake_e820;
unsigned int fake_e820_count;

bool port_machine_e820(unsigned int index, struct e820entry *entry)
{
    if (index >= fake_e820_count) {
        return false;
    }
    *entry = fake_e820[index];
    return true;
}

mfn_t port_m2p_chunk(uint64_t chunk)
{
    (void)chunk;
    return MFN_INVALID;
}

void port_fpu_get(struct vcpu *v, void *fxsave)
{
    (void)v;
    memcpy(fxsave, fpu_image, FXSAVE_SIZE);
}

uint64_t port_xstate_size(uint64_t components)
{
    return components & 4 ? XSAVE_SIZE : components & 3 ? FXSAVE_SIZE + 64u : 0;
}

void port_xstate_get(struct vcpu *v, void *area, uint64_t size)
{
    (void)v;
    if (size > XSAVE_SIZE) {
        fake_fail("%llu bytes of FPU state", (unsigned long long)size);
    }
    memcpy(area, fpu_image, size);
}

void port_xstate_set(struct vcpu *v, const void *area, uint64_t size)
{
    (void)v;
    if (size > XSAVE_SIZE) {
        fake_fail("%llu bytes of FPU state", (unsigned long long)size);
    }
    memcpy(fpu_image, area, size);
}

void port_fpu_set(struct vcpu *v, const void *fxsave)
{
    (void)v;
    memcpy(fpu_image, fxsave, FXSAVE_SIZE);
}

bool port_symbol(uint32_t index, uint64_t *address, const char **name)
{
    static const char *const names[] = {"first_function", "second_function"};

    if (index >= ARRAY_SIZE(names)) {
        return false;
    }
    *address = 0xffff828000000000ull + index * 16;
    *name = names[index];
    return true;
}

const struct port_efi *fake_efi;

const struct port_efi *port_efi(void)
{
    return fake_efi;
}

bool port_efi_memory(unsigned int index, struct port_efi_memory *memory)
{
    if (!fake_efi || index > 1) {
        return false;
    }
    *memory = index == 0 ? (struct port_efi_memory){0x1000, 0x3000, 0xf, 7}
                         : (struct port_efi_memory){0x7f000000, 0x2000, 0x800000000000000f, 6};
    return true;
}
