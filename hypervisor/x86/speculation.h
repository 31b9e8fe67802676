/* SPDX-License-Identifier: MIT */
/*
 * Speculation control: what is done at every entry from a guest, at every way back, and when a CPU changes from
 * one vCPU to another, against guests that train predictors or look at what buffers still hold. The code at the
 * crossings stands in x86/entry.S and is put there by the alternatives table.
 */
#ifndef X86_SPECULATION_H
#define X86_SPECULATION_H

#include "lib/types.h"
#include "x86/l1tf.h"

struct vcpu;

/* spec-ctrl= on the command line, by Xen's names. */
struct x86_speculation_options {
    enum x86_choice msr_sc;     /* SPEC_CTRL is written at entry and exit */
    enum x86_choice rsb;        /* the return stack buffer is filled at entry */
    enum x86_choice md_clear;   /* VERW at exit */
    enum x86_choice ibpb_entry; /* the predictors are cleared at entry */
    enum x86_choice ibpb;       /* ... and at a switch to another vCPU */
    enum x86_choice ibrs, stibp, ssbd; /* bits of SPEC_CTRL while the hypervisor runs */
};

/* What is done. */
struct x86_speculation {
    bool spec_ctrl, rsb, verw, ibpb_entry, ibpb_switch;
    uint32_t host; /* SPEC_CTRL of the hypervisor; guests run with 0 */
};

extern struct x86_speculation x86_speculation;

/* Decides, by the options and by what the CPU has and says that it needs. Once, on the first CPU, when it can catch
 * exceptions, before the alternatives. */
void x86_speculation_init(const struct x86_speculation_options *options);

/* Sets up another CPU. */
void x86_speculation_cpu_init(void);

/* This CPU goes on with another vCPU that is not idle. */
void x86_speculation_switch(const struct vcpu *to);

/* Tells on the console what is done. */
void x86_speculation_print(void);

#endif
