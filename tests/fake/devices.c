/* SPDX-License-Identifier: MIT */
/* The tests' machine: time, console, ports, MSRs, CPUID, and the machine's part of vCPUs. */
#include <string.h>

#include "fake.h"
#include "fake_internal.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "port/time.h"
#include "port/vcpu.h"
#include "pvabi/errno.h"

#define CONSOLE_SIZE 65536u
#define TABLE_SIZE   256u

static uint64_t now, wallclock, deadlines[CPU_MAX];
static bool clock_stable = true;
static char console_text[CONSOLE_SIZE];
static size_t console_length;

void (*fake_on_power_off)(void);
void (*fake_on_reset)(void);

void fake_time_start(void)
{
    memset(deadlines, 0xff, sizeof(deadlines));
    now = 1000000;
}

uint64_t port_time_now(void)
{
    return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

void fake_set_time(uint64_t ns)
{
    now = ns;
}

void fake_advance(uint64_t ns)
{
    now += ns;
}

/* A counter of 1 GHz that started with the machine. */
uint64_t port_rdtsc(void)
{
    return now;
}

struct port_clock port_time_clock(void)
{
    return (struct port_clock){
        .tsc_stamp = now, .system_time = now, .mul = 0x80000000u, .shift = 1, .stable = clock_stable};
}

void fake_set_clock_stable(bool stable)
{
    clock_stable = stable;
}

uint32_t port_time_tsc_khz(void)
{
    return 1000000;
}

uint64_t port_wallclock_base(void)
{
    return wallclock;
}

void port_wallclock_set_base(uint64_t ns)
{
    wallclock = ns;
}

void port_timer_arm(uint64_t deadline)
{
    deadlines[fake_cpu] = deadline;
}

uint64_t fake_timer_deadline(unsigned int cpu)
{
    return deadlines[cpu];
}

void port_console_write(const char *text, size_t length)
{
    size_t room = CONSOLE_SIZE - 1 - console_length;

    length = MIN(length, room);
    memcpy(console_text + console_length, text, length);
    console_length += length;
    console_text[console_length] = '\0';
}

const char *fake_console(void)
{
    return console_text;
}

void fake_console_clear(void)
{
    console_length = 0;
    console_text[0] = '\0';
}

/* ---- tables of values by number ---- */

struct row {
    bool used, written;
    uint64_t key, value;
};

static struct row ports[TABLE_SIZE], msrs[TABLE_SIZE];

static struct row *row_find(struct row *table, uint64_t key, bool make)
{
    for (unsigned int i = 0; i < TABLE_SIZE; i++) {
        if (table[i].used && table[i].key == key) {
            return &table[i];
        }
        if (!table[i].used && make) {
            table[i] = (struct row){.used = true, .key = key};
            return &table[i];
        }
    }
    if (make) {
        fake_fail("a table of devices is full");
    }
    return NULL;
}

void fake_io_set(uint16_t port, uint32_t value)
{
    row_find(ports, port, true)->value = value;
}

bool fake_io_written(uint16_t port, uint32_t *value)
{
    struct row *row = row_find(ports, port, false);

    if (!row || !row->written) {
        return false;
    }
    *value = (uint32_t)row->value;
    return true;
}

uint32_t port_io_read(uint16_t port, unsigned int bytes)
{
    struct row *row = row_find(ports, port, false);
    uint32_t mask = bytes == 4 ? ~0u : (1u << bytes * 8) - 1, value;

    if (fake_pci_port(port, bytes, NULL, &value)) {
        return value & mask;
    }
    return row ? (uint32_t)row->value & mask : mask;
}

void port_io_write(uint16_t port, unsigned int bytes, uint32_t value)
{
    struct row *row = row_find(ports, port, true);

    fake_pci_port(port, bytes, &value, NULL);
    row->written = true;
    row->value = bytes == 4 ? value : value & ((1u << bytes * 8) - 1);
}

void fake_msr_set(uint32_t msr, uint64_t value)
{
    row_find(msrs, msr, true)->value = value;
}

bool fake_msr_get(uint32_t msr, uint64_t *value)
{
    return port_rdmsr(msr, value);
}

bool port_rdmsr(uint32_t msr, uint64_t *value)
{
    struct row *row = row_find(msrs, msr, false);

    *value = row ? row->value : 0;
    return row;
}

bool port_wrmsr(uint32_t msr, uint64_t value)
{
    struct row *row = row_find(msrs, msr, false);

    if (row) {
        row->value = value;
    }
    return row;
}

static struct {
    uint32_t leaf, subleaf;
    struct port_cpuid value;
} leaves[TABLE_SIZE];

static unsigned int leaf_count;

void fake_cpuid_set(uint32_t leaf, uint32_t subleaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    if (leaf_count == TABLE_SIZE) {
        fake_fail("too many CPUID leaves");
    }
    leaves[leaf_count].leaf = leaf;
    leaves[leaf_count].subleaf = subleaf;
    leaves[leaf_count].value = (struct port_cpuid){a, b, c, d};
    leaf_count++;
}

/* The last setting of a leaf counts. */
struct port_cpuid port_cpuid(uint32_t leaf, uint32_t subleaf)
{
    for (unsigned int i = leaf_count; i-- > 0;) {
        if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf) {
            return leaves[i].value;
        }
    }
    return (struct port_cpuid){0, 0, 0, 0};
}

uint64_t port_read_cr0(void)
{
    return 0x80050033ull;
}

uint64_t port_read_cr4(void)
{
    return 0x000406e0ull;
}

void port_power_off(void)
{
    if (fake_on_power_off) {
        fake_on_power_off();
    }
    fake_fail("the machine was switched off");
}

void port_reset(void)
{
    if (fake_on_reset) {
        fake_on_reset();
    }
    fake_fail("the machine was reset");
}

int port_acpi_sleep(uint16_t pm1a, uint16_t pm1b)
{
    (void)pm1a;
    (void)pm1b;
    return -XEN_ENODEV;
}

/* ---- domains and vCPUs ---- */

int port_domain_init(struct domain *d)
{
    d->machine.inited = true;
    return 0;
}

void port_domain_destroy(struct domain *d)
{
    d->machine.inited = false;
}

int port_vcpu_init(struct vcpu *v)
{
    v->machine = (struct port_vcpu){.inited = true, .xcr0 = 1};
    return 0;
}

void port_vcpu_destroy(struct vcpu *v)
{
    v->machine.inited = false;
}

struct cpu_user_regs *fake_regs(struct vcpu *v)
{
    return &v->machine.regs;
}

void port_vcpu_sync(struct vcpu *v)
{
    (void)v;
}

void port_gdt_set(struct vcpu *v, const mfn_t *frames, unsigned int count)
{
    if (count > ARRAY_SIZE(v->machine.gdt)) {
        fake_fail("a GDT of %u frames", count);
    }
    v->machine.gdt_count = count;
    for (unsigned int i = 0; i < count; i++) {
        v->machine.gdt[i] = frames[i];
    }
}

void port_ldt_map(struct vcpu *v, unsigned int page, mfn_t frame)
{
    if (page >= ARRAY_SIZE(v->machine.ldt)) {
        fake_fail("page %u of an LDT", page);
    }
    v->machine.ldt[page] = frame;
}

void port_ldt_load(struct vcpu *v, unsigned int descriptors)
{
    v->machine.ldt_descriptors = descriptors;
}

uint64_t port_fs_base(void)
{
    return port_current()->machine.fs_base;
}

uint64_t port_gs_base(void)
{
    return port_current()->machine.gs_base;
}

uint64_t port_gs_base_other(void)
{
    return port_current()->machine.gs_base_other;
}

void port_set_fs_base(uint64_t base)
{
    port_current()->machine.fs_base = base;
}

void port_set_gs_base(uint64_t base)
{
    port_current()->machine.gs_base = base;
}

void port_set_gs_base_other(uint64_t base)
{
    port_current()->machine.gs_base_other = base;
}

void port_swap_gs(void)
{
    struct port_vcpu *m = &port_current()->machine;
    uint64_t base = m->gs_base;

    m->gs_base = m->gs_base_other;
    m->gs_base_other = base;
}

void port_load_gs_other(uint16_t selector)
{
    port_current()->machine.gs_selector = selector;
}

/* The tests set them in the frame. */
unsigned int fake_root_changes;

void port_root_changed(struct domain *d)
{
    (void)d;
    fake_root_changes++;
}

void port_roots_replaced(struct vcpu *v)
{
    (void)v;
}

void port_read_selectors(struct vcpu *v)
{
    const struct cpu_user_regs *regs = port_vcpu_regs(v);

    v->cpu.ds = regs->ds;
    v->cpu.es = regs->es;
    v->cpu.fs = regs->fs;
    v->cpu.gs = regs->gs;
}

void port_write_dr(unsigned int n, uint64_t value)
{
    port_current()->machine.dr[n] = value;
}

uint64_t port_read_dr(unsigned int n)
{
    return port_current()->machine.dr[n];
}

void port_set_ts(bool set)
{
    port_current()->machine.ts = set;
}

void port_set_guest_cr4(struct vcpu *v, uint64_t bits)
{
    v->machine.cr4 = bits;
}

void port_set_xcr0(struct vcpu *v, uint64_t value)
{
    v->machine.xcr0 = value;
}

void port_mitigations_print(void)
{
}
