/* SPDX-License-Identifier: MIT */
/* CPUID leaves by which a guest finds the hypervisor and learns what it does for it. */
#ifndef PVABI_ARCH_X86_CPUID_H
#define PVABI_ARCH_X86_CPUID_H

/*
 * The first leaf; with another hypervisor's interface there, look further in steps of 0x100 below 0x40010000.
 * eax: the last leaf; ebx, ecx, edx: the signature "XenVMMXenVMM".
 */
#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i) (XEN_CPUID_FIRST_LEAF + (i))

#define XEN_CPUID_SIGNATURE_EBX 0x566e6558 /* "XenV" */
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d /* "MMXe" */
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e /* "nVMM" */

/* Leaf 1, eax: version, major in bits 31:16 and minor in bits 15:0. */

/* Leaf 2, eax: number of hypercall pages; ebx: MSR that installs one; ecx, edx: features, bits of XENFEAT_*. */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD (1u << 0)

/*
 * Leaf 3: the TSC. Subleaf 0, eax: bit 0 emulated, bit 1 reliable, bit 2 RDTSCP; ebx: TSC mode; ecx: kHz; edx:
 * incarnation. Subleaf 1: offset and scale from TSC to nanoseconds. Subleaf 2, eax: kHz of the machine.
 */

/* Leaf 4 (HVM), eax; ebx is the vCPU's id and ecx the domain's where a bit says so. */
#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1u << 0)
#define XEN_HVM_CPUID_X2APIC_VIRT (1u << 1)
#define XEN_HVM_CPUID_IOMMU_MAPPINGS (1u << 2)
#define XEN_HVM_CPUID_VCPU_ID_PRESENT (1u << 3)
#define XEN_HVM_CPUID_DOMID_PRESENT (1u << 4)
#define XEN_HVM_CPUID_EXT_DEST_ID (1u << 5)
#define XEN_HVM_CPUID_UPCALL_VECTOR (1u << 6)

/* Leaf 5 (PV), ebx: how many bits a machine address may have. */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#define XEN_CPUID_MAX_NUM_LEAVES 5

#endif /* PVABI_ARCH_X86_CPUID_H */
