/* SPDX-License-Identifier: MIT */
/* Of the saved state of a domain only what domctl needs: a vCPU's machine-check registers. */
#ifndef PVABI_HVM_SAVE_H
#define PVABI_HVM_SAVE_H

#include <stdint.h>

struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};

#endif /* PVABI_HVM_SAVE_H */
