/* SPDX-License-Identifier: MIT */
/* The privileged operations of the toy kernel on the bare machine. */
#ifndef PORTING_OPS_H
#define PORTING_OPS_H

#include <stdbool.h>

#include "bare.h"
#include "guest/x86.h"
#include "kernel.h"

#define OPS_NAME        "the bare machine"
#define OPS_USER_CS     (BARE_USER_CS | 3)
#define OPS_USER_SS     (BARE_USER_SS | 3)
#define OPS_KERNEL_PTES 1

/* From ops_bare.c. */
void *ops_page_alloc(void);
void ops_start_cpu(unsigned int id);
void ops_set_timer(uint64_t nanoseconds);
void ops_send_ipi(unsigned int cpu);
unsigned int ops_cpu_id(void);
void ops_power_off(int status);

static inline void ops_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}
static inline void ops_halt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}
static inline uint64_t ops_maddr(const void *address)
{
    return (uint64_t)address - BARE_VIRT_BASE;
}
static inline void *ops_from_maddr(uint64_t maddr)
{
    return (void *)(maddr + BARE_VIRT_BASE);
}
/* Every root holds the kernel, in the last slot. */
static inline uint64_t ops_kernel_root(unsigned int slot)
{
    return bare_root[slot];
}
static inline void ops_set_pte(uint64_t *entry, uint64_t value)
{
    *(volatile uint64_t *)entry = value;
}
static inline void ops_make_table(uint64_t *table, unsigned int level)
{
    (void)table;
    (void)level;
}
static inline void ops_load_root(const uint64_t *root)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(ops_maddr(root)) : "memory");
}
static inline uint64_t ops_read_cr2(void)
{
    uint64_t address;

    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    return address;
}

#endif
