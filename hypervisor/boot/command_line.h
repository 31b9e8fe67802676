/* SPDX-License-Identifier: MIT */
/* The hypervisor's command line: words, KEY=VALUE or KEY, with Xen's names where the meaning is the same. */
#ifndef BOOT_COMMAND_LINE_H
#define BOOT_COMMAND_LINE_H

#include "lib/log.h"
#include "lib/types.h"
#include "x86/l1tf.h"
#include "x86/speculation.h"

/* What is chosen for the first domain, and for others. */
struct boot_choice {
    enum x86_choice dom0, domu;
};

struct boot_options {
    uint64_t dom0_memory;     /* bytes; 0: the default */
    uint64_t dom0_memory_max; /* bytes; 0: as dom0_memory */
    uint32_t dom0_vcpus;      /* 0: as many as CPUs */
    uint32_t cpus;            /* maxcpus=; 0: all */
    unsigned int console;     /* com1, com2 or 0 for none */
    const char *com[2];       /* com1=, com2=: NULL or a value for x86_serial_configure */
    enum log_level log_level, guest_log_level;
    bool noreboot, console_to_ring, preempt_stats;
    bool tsc_unstable;
    bool linear_tables_off;               /* pv-linear-pt= */
    struct boot_choice l1tf, xpti; /* pv-l1tf=, xpti= */
    struct x86_speculation_options speculation;
    char scheduler[16];
};

extern struct boot_options boot_options;

/* Parses into boot_options. True, or false after a message for every word that makes no sense. */
bool boot_options_parse(const char *line);

/* Parses yes, on, 1, true, enable and their opposites; value NULL (a word alone) means yes. False: neither. */
bool boot_parse_bool(const char *value, size_t length, bool *on);

/* Parses "512M", "1G", "65536" (KiB without a unit, as Xen has it); false if it is no size. Bytes. */
bool boot_parse_size(const char *text, size_t length, uint64_t *bytes);

#endif
