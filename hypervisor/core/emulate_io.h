/* SPDX-License-Identifier: MIT */
/* The I/O instructions of core/emulate.c: IN, OUT, INS and OUTS with their rights and repetitions. */
#ifndef CORE_EMULATE_IO_H
#define CORE_EMULATE_IO_H

#include "lib/insn.h"
#include "lib/types.h"

struct vcpu;

struct emulate_io {
    bool out, string;
    unsigned int bytes;   /* 1, 2 or 4 */
    bool unfinished;      /* repetitions are left, or a fault was injected: the instruction runs again */
    uint64_t base, limit; /* of a string's segment, and which it is (enum insn_segment) */
    uint8_t segment;
    uint64_t breakpoints; /* bits 0 to 3: the guest's breakpoints on this port */
};

/* Fills out, string and bytes; false if it is no I/O instruction. */
bool emulate_io_decode(struct emulate_io *io, const struct insn *insn) MUST_CHECK;

/* Does it for the running vCPU. False: it has no right to, nothing was done. */
bool emulate_io_run(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                    struct emulate_io *io) MUST_CHECK;

#endif
